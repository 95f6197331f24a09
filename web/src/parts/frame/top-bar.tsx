import { t } from '../../lang';
import { href, navigate, useRoute } from '../../router';
import { chooseStack, useStack } from '../../state/stack';
import { setPaused, useModel, usePaused } from '../../state/store';
import { VerdictBadge } from '../badge';
import { Button, IconButton } from '../button';
import { Icon } from '../icon';
import { ThemeButton } from './theme';
import { JobPill } from './job-pill';

export function TopBar() {
	const { state, link } = useModel();
	const paused = usePaused();
	return (
		<header class="top">
			<a class="brand" href={href('overview')} aria-label={t('brand.home')}>
				<Icon name="station" />
				<span>{t('brand')}</span>
			</a>
			<span class="nas">{state?.nas.name ?? t('brand')}</span>
			{state && link !== 'gone' && <VerdictBadge word={state.verdict.word} />}
			<StackPicker />
			<JobPill />
			<div class="end">
				{paused && (
					<Button icon="play" kind="quiet" onClick={() => setPaused(false)}>
						{t('paused')}
					</Button>
				)}
				<ThemeButton />
				<IconButton class="account" icon="user" label={t('account')} onClick={() => navigate('settings')} />
			</div>
		</header>
	);
}

/** Only when there is more than one stack. */
function StackPicker() {
	const { state } = useModel();
	const stack = useStack();
	const { page } = useRoute();
	if (!state || state.stacks.length < 2 || !stack) return null;
	return (
		<select class="select stack-picker" aria-label={t('stack.pick')} value={stack.name} onChange={(e) => chooseStack(e.currentTarget.value, page)}>
			{state.stacks.map((s) => (
				<option key={s.name} value={s.name}>
					{s.name}
				</option>
			))}
		</select>
	);
}
