import { useEffect, useState } from 'preact/hooks';
import { THEME_EVENT } from '../frame/theme';

export interface Colours {
	need: string;
	needFill: string;
	bar: string;
	band: string;
	cache: string;
	cacheFill: string;
	limit: string;
	bad: string;
	grid: string;
	axis: string;
	ink: string;
	line: string;
	surface: string;
}

function read(): Colours {
	const style = getComputedStyle(document.documentElement);
	const v = (name: string) => style.getPropertyValue(name).trim();
	return {
		need: v('--c-need'),
		needFill: v('--c-need-fill'),
		bar: v('--c-bar'),
		band: v('--c-band'),
		cache: v('--c-cache'),
		cacheFill: v('--c-cache-fill'),
		limit: v('--c-limit'),
		bad: v('--c-bad'),
		grid: v('--c-grid'),
		axis: v('--c-axis'),
		ink: v('--ink'),
		line: v('--line-strong'),
		surface: v('--surface'),
	};
}

/** Read once per theme change. */
export function useColours(): Colours {
	const [colours, set] = useState(read);
	useEffect(() => {
		const again = () => set(read());
		const dark = matchMedia('(prefers-color-scheme: dark)');
		addEventListener(THEME_EVENT, again);
		dark.addEventListener('change', again);
		return () => {
			removeEventListener(THEME_EVENT, again);
			dark.removeEventListener('change', again);
		};
	}, []);
	return colours;
}
