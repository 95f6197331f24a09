import { useState } from 'preact/hooks';
import { t } from '../../lang';
import { Segments } from '../../parts/segments';
import { getTheme, setTheme } from '../../parts/frame/theme';
import type { Theme } from '../../parts/frame/theme';

const THEMES: Theme[] = ['auto', 'light', 'dark'];

export function ThemeChoice() {
	const [theme, set] = useState(getTheme);
	const pick = (next: Theme) => {
		setTheme(next);
		set(next);
	};
	return (
		<section class="card stack" aria-labelledby="theme">
			<h2 id="theme">{t('settings.theme')}</h2>
			<Segments label={t('settings.theme')} value={theme} options={THEMES.map((value) => ({ value, title: t(`themes.${value}`) }))} onPick={pick} />
			<p class="small soft">{t('settings.theme_more')}</p>
		</section>
	);
}
