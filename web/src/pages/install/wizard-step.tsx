import type { ComponentChildren } from 'preact';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { Icon } from '../../parts/icon';

interface Props {
	n: number;
	title: string;
	/** What was answered, once it is done. */
	answer?: string;
	state: 'done' | 'open' | 'later';
	onChange?: () => void;
	children?: ComponentChildren;
}

export function WizardStep({ n, title, answer, state, onChange, children }: Props) {
	return (
		<li class={`wstep ${state}`} aria-current={state === 'open' ? 'step' : undefined}>
			<header>
				<span class="num">{state === 'done' ? <Icon name="check" /> : n}</span>
				<div>
					<h2>{title}</h2>
					{state === 'done' && answer && <p>{answer}</p>}
				</div>
				{state === 'done' && onChange && (
					<Button kind="quiet" onClick={onChange}>
						{t('change')}
					</Button>
				)}
			</header>
			{state === 'open' && <div class="wbody stack loose">{children}</div>}
		</li>
	);
}
