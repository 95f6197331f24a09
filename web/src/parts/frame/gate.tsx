import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import { t } from '../../lang';
import { Icon } from '../icon';
import { Foot } from './foot';
import { ThemeButton } from './theme';

/** Pages without the frame: first run, sign-in, installing. */
export function Gate({ wide, children }: { wide?: boolean; children: ComponentChildren }) {
	const main = useRef<HTMLElement>(null);
	return (
		<>
			<a class="skip" href="#main" onClick={(e) => (e.preventDefault(), main.current?.focus())}>
				{t('skip')}
			</a>
			<div class="gate">
				<header class="gate-top">
					<span class="brand">
						<Icon name="station" />
						<span>{t('brand')}</span>
					</span>
					<ThemeButton />
				</header>
				<main id="main" tabIndex={-1} ref={main}>
					<div class={wide ? 'gate-box wide' : 'gate-box'}>{children}</div>
				</main>
				<Foot />
			</div>
		</>
	);
}
