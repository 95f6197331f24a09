import { useEffect, useRef } from 'preact/hooks';
import type { LogLine } from '../api/logs';
import { absolute, clockSeconds } from '../format';

/** A line with its number. */
export interface Row extends LogLine {
	n: number;
}

interface Props {
	rows: Row[];
	label: string;
	wrap: boolean;
	/** Shows the end, also of what comes. */
	follow: boolean;
	/** No higher than what stands beside it. */
	short?: boolean;
	/** The reader scrolled up: stop following. */
	onLeaveEnd?: () => void;
}

const SHOWN = 2000;

export function Lines({ rows, label, wrap, follow, short, onLeaveEnd }: Props) {
	const box = useRef<HTMLDivElement>(null);
	useEffect(() => {
		if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
	}, [rows, follow, wrap]);
	const onScroll = () => {
		const b = box.current; // a late event may come after the page is left
		if (b && follow && b.scrollHeight - b.scrollTop - b.clientHeight > 60) onLeaveEnd?.();
	};
	return (
		<div class={['log', wrap && 'wrap', short && 'short'].filter(Boolean).join(' ')} ref={box} tabIndex={0} role="region" aria-label={label} onScroll={onScroll}>
			{rows.slice(-SHOWN).map((r) => (
				<Line key={r.n} row={r} />
			))}
		</div>
	);
}

const BAD = /\b(error|fatal|panic|panicked|failed)\b/i;
const WARN = /\b(warn|warning)\b/i;

/** The colour follows a word that is in the line itself. */
function Line({ row: r }: { row: Row }) {
	const tone = BAD.test(r.text) ? ' is-bad' : WARN.test(r.text) ? ' is-warn' : '';
	return (
		<div class={`log-line${tone}`}>
			{r.at > 0 && <time title={absolute(r.at)}>{clockSeconds(r.at)}</time>}
			<span>{r.text}</span>
		</div>
	);
}
