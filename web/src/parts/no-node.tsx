import { t } from '../lang';
import { ButtonLink } from './button';
import { Empty } from './empty';

export function NoNode() {
	return (
		<Empty icon="station" title={t('nonode.title')} text={t('nonode.text')}>
			<ButtonLink to="install" primary>{t('nonode.install')}</ButtonLink>
			<ButtonLink to="adopt">{t('take.adopt')}</ButtonLink>
			<ButtonLink to="import">{t('take.import')}</ButtonLink>
		</Empty>
	);
}
