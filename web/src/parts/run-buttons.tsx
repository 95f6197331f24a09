import type { Service, Stack } from '../api/model';
import { t } from '../lang';
import { isRunning } from '../state/stack';
import { Button } from './button';
import { showPlan } from './jobs/open';

/** Start, or stop and restart: what fits the present state. Each shows its plan first. What is built in has
 *  no container: it runs while it is wanted, and to restart it is to try again. */
export function RunButtons({ stack, of }: { stack: Stack; of?: string }) {
	const ask = (what: 'start' | 'stop' | 'restart', body: Record<string, unknown> = {}) => showPlan({ method: 'POST', path: `stacks/${stack.name}/${what}`, body });
	const one = stack.services.find((s) => s.name === of);
	const running = one?.builtin ? one.relay !== null : one ? isRunning(one) : stack.services.some(isRunning);
	if (stack.job) return null;
	if (!running)
		return (
			<Button kind="primary" icon="play" onClick={() => ask('start')}>
				{t('run.start')}
			</Button>
		);
	return (
		<>
			<Button icon="sync" onClick={() => ask('restart', of ? { service: of } : {})}>
				{t(restartWord(one))}
			</Button>
			{!of && (
				<Button icon="stopped" onClick={() => ask('stop')}>
					{t('run.stop')}
				</Button>
			)}
		</>
	);
}

function restartWord(of: Service | undefined): 'run.restart' | 'relay.again' | 'link.now' {
	if (!of?.builtin) return 'run.restart';
	return of.relay?.state === 'ready' ? 'relay.again' : 'link.now';
}
