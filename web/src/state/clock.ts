// One tick a second for every age on the page.
import { useEffect, useState } from 'preact/hooks';
import { isPaused, serverNow } from './store';

const readers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

export function useNow(): number {
	const [now, setNow] = useState(serverNow);
	useEffect(() => {
		const reader = () => {
			if (!isPaused()) setNow(serverNow());
		};
		readers.add(reader);
		timer ??= setInterval(() => readers.forEach((r) => r()), 1000);
		return () => {
			readers.delete(reader);
			if (readers.size === 0) {
				clearInterval(timer);
				timer = undefined;
			}
		};
	}, []);
	return now;
}
