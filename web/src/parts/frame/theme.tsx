import { useState } from 'preact/hooks';
import { t } from '../../lang';
import { IconButton } from '../button';

export type Theme = 'auto' | 'light' | 'dark';
const KEY = 'ethstation.theme';
const NEXT: Record<Theme, Theme> = { auto: 'light', light: 'dark', dark: 'auto' };

export function getTheme(): Theme {
	try {
		const saved = localStorage.getItem(KEY);
		return saved === 'light' || saved === 'dark' ? saved : 'auto';
	} catch {
		return 'auto';
	}
}

/** Charts read their colours again when they hear this. */
export const THEME_EVENT = 'ethstation.theme';

export function setTheme(theme: Theme): void {
	try {
		localStorage.setItem(KEY, theme);
	} catch {
		// It lasts until the page is closed, then.
	}
	applyTheme(theme);
}

export function applyTheme(theme = getTheme()): void {
	if (theme === 'auto') delete document.documentElement.dataset.theme;
	else document.documentElement.dataset.theme = theme;
	dispatchEvent(new Event(THEME_EVENT));
}

export function ThemeButton() {
	const [theme, set] = useState(getTheme);
	const next = () => {
		setTheme(NEXT[theme]);
		set(NEXT[theme]);
	};
	return <IconButton icon="theme" label={t(`theme.${theme}`)} onClick={next} />;
}
