import { absolute, ago, clock, clockSeconds, moment } from '../format';
import { useNow } from '../state/clock';
import { t } from '../lang';

/** A reading older than this is no longer "now": it is shown grey. */
export const STALE_MS = 30000;

interface AgeProps {
	at: number;
	prefix?: string;
	/** Of a reading: grey when it is no longer now. */
	reading?: boolean;
}

/** "12 s ago", with the whole date on hover. */
export function Age({ at, prefix, reading }: AgeProps) {
	const now = useNow();
	const old = reading && now - at > STALE_MS;
	return (
		<time class={old ? 'stale nb' : 'nb'} dateTime={new Date(at).toISOString()} title={absolute(at)}>
			{prefix && `${prefix} `}
			{ago(now - at)}
		</time>
	);
}

/** "today 14:02", or to the second */
export function When({ at, exact }: { at: number; exact?: boolean }) {
	const now = useNow();
	return (
		<time dateTime={new Date(at).toISOString()} title={absolute(at)}>
			{moment(at, now, exact ? clockSeconds : clock)}
		</time>
	);
}

/** "Read 2 s ago" */
export function ReadAge({ at }: { at: number | undefined }) {
	return at ? <Age at={at} prefix={t('age.read')} reading /> : <span class="stale">{t('age.never')}</span>;
}

export function useStale(at: number | undefined): boolean {
	const now = useNow();
	return !at || now - at > STALE_MS;
}
