import type { ComponentChildren } from 'preact';
import type { Verdict } from '../api/model';
import { Icon } from './icon';
import { verdictLook } from './tone';
import type { Look } from './tone';

interface Props extends Look {
	children: ComponentChildren;
}

/** A pill: icon, word, colour. */
export function Badge({ tone, icon, children }: Props) {
	return (
		<span class={`badge is-${tone}`}>
			<Icon name={icon} />
			{children}
		</span>
	);
}

/** The same without the pill, for running text. */
export function StateWord({ tone, icon, children }: Props) {
	return (
		<span class={`state is-${tone}`}>
			<Icon name={icon} small />
			{children}
		</span>
	);
}

export function VerdictBadge({ word }: { word: Verdict['word'] }) {
	return <Badge {...verdictLook(word)}>{word}</Badge>;
}
