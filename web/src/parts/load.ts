import { useCallback, useEffect, useState } from 'preact/hooks';

export interface Loaded<T> {
	data: T | undefined;
	error: unknown;
	reload: () => void;
}

/** Reads something once per `key`; old data stays while new data is on its way. */
export function useLoad<T>(read: (signal: AbortSignal) => Promise<T>, key: string): Loaded<T> {
	const [result, setResult] = useState<{ data?: T; error?: unknown }>({});
	const [round, setRound] = useState(0);
	useEffect(() => {
		const c = new AbortController();
		read(c.signal).then(
			(data) => c.signal.aborted || setResult({ data }),
			(error) => c.signal.aborted || setResult((old) => ({ data: old.data, error })),
		);
		return () => c.abort();
	}, [key, round]);
	const reload = useCallback(() => setRound((n) => n + 1), []);
	return { data: result.data, error: result.error, reload };
}
