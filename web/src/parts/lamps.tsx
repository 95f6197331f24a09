import { Icon } from './icon';
import type { Tone } from './tone';
import type { IconName } from './sprite';

export interface Lamp {
	name: string;
	text: string;
	tone: Tone;
	/** The line to the next lamp is broken. */
	cut?: boolean;
}

const ICONS: Partial<Record<Tone, IconName>> = { ok: 'check', warn: 'alert', bad: 'x', idle: 'question', work: 'clock' };

/** A chain of lamps with words; `mini` is the picture of a tile. */
export function Lamps({ lamps, mini }: { lamps: Lamp[]; mini?: boolean }) {
	return (
		<ol class={mini ? 'lamps mini' : 'lamps'} aria-hidden={mini ? true : undefined}>
			{lamps.map((l) => (
				<li key={l.name} class={`is-${l.tone}${l.cut ? ' cut' : ''}`}>
					<span class="lamp">
						<Icon name={ICONS[l.tone] ?? 'question'} />
					</span>
					{!mini && <b>{l.name}</b>}
					{!mini && <small>{l.text}</small>}
				</li>
			))}
		</ol>
	);
}
