import type { Service } from '../api/model';
import { t } from '../lang';

/** "Parity", "Relay": short enough for a button. */
export function serviceTitle(s: Service): string {
	return s.name === 'relay' ? t('nav.relay') : s.title;
}
