import { useEffect, useReducer, useRef } from 'preact/hooks';
import { readLog } from '../../api/logs';
import type { Row } from '../../parts/log-lines';

/** More than this is not kept in the page; the download asks again. */
const KEPT = 5000;
const TAIL = 500;
const PAINT_MS = 200;

export interface Log {
	rows: Row[];
	/** Lines that came while paused. */
	waiting: number;
	error: unknown;
	ended: boolean;
}

/** Follows a container's log; while paused, lines are counted and kept but not shown. */
export function useLog(stack: string, service: string, paused: boolean, round: number): Log {
	const [, paint] = useReducer((n: number, _: void) => n + 1, 0);
	const log = useRef<{ all: Row[]; shown: Row[]; error: unknown; ended: boolean }>({ all: [], shown: [], error: undefined, ended: false });
	const pausedNow = useRef(paused);
	pausedNow.current = paused;

	useEffect(() => {
		if (!stack) return;
		const c = new AbortController();
		const l = { all: [] as Row[], shown: [] as Row[], error: undefined as unknown, ended: false };
		log.current = l;
		let n = 0;
		let timer: ReturnType<typeof setTimeout> | undefined;
		const soon = () => {
			timer ??= setTimeout(() => {
				timer = undefined;
				if (!pausedNow.current) l.shown = l.all;
				paint();
			}, PAINT_MS);
		};
		readLog(stack, service, TAIL, true, c.signal, (lines) => {
			l.all = [...l.all, ...lines.map((x) => ({ ...x, n: n++ }))].slice(-KEPT);
			soon();
		}).then(
			() => ((l.ended = true), soon()),
			(e) => c.signal.aborted || ((l.error = e), soon()),
		);
		paint();
		return () => {
			c.abort();
			clearTimeout(timer);
		};
	}, [stack, service, round]);

	useEffect(() => {
		if (!paused) {
			log.current.shown = log.current.all;
			paint();
		}
	}, [paused]);

	const { all, shown, error, ended } = log.current;
	const newest = shown[shown.length - 1]?.n ?? -1;
	return { rows: shown, waiting: all.filter((r) => r.n > newest).length, error, ended };
}
