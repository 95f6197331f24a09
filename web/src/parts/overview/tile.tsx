import type { ComponentChildren } from 'preact';
import { href } from '../../router';
import { useStale } from '../age';
import { Icon } from '../icon';
import type { IconName } from '../sprite';

interface Props {
	page: string;
	icon: IconName;
	label: string;
	value: ComponentChildren;
	sub: ComponentChildren;
	/** When its readings were taken. */
	at: number | undefined;
	children?: ComponentChildren;
}

export function Tile({ page, icon, label, value, sub, at, children }: Props) {
	const stale = useStale(at);
	return (
		<a class={stale ? 'tile stale' : 'tile'} href={href(page)}>
			<span class="tile-label">
				<Icon name={icon} />
				{label}
				<Icon name="chevron" class="go" />
			</span>
			<span class="tile-value">{value}</span>
			<span class={stale ? 'tile-sub stale' : 'tile-sub'}>{sub}</span>
			{children && <div class="tile-pic">{children}</div>}
		</a>
	);
}
