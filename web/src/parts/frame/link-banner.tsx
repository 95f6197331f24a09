import { clockSeconds, duration } from '../../format';
import { t } from '../../lang';
import { useNow } from '../../state/clock';
import { retryNow } from '../../state/session';
import { useModel } from '../../state/store';
import { Button } from '../button';
import { Icon } from '../icon';

/** When the NAS does not answer, or another reader holds all streams. */
export function LinkBanner() {
	const { link, heardAt, retryAt } = useModel();
	useNow();
	if (link !== 'gone') return null;
	const wait = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
	return (
		<div class="banner is-warn">
			<Icon name="offline" />
			<p>{t('link.gone', { since: clockSeconds(heardAt), wait: duration(wait) })}</p>
			<Button onClick={retryNow}>{t('link.now')}</Button>
		</div>
	);
}
