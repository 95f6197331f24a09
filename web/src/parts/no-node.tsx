import { t } from '../lang';
import { href } from '../router';
import { Empty } from './empty';

export function NoNode() {
	return (
		<Empty icon="station" title={t('nonode.title')} text={t('nonode.text')}>
			<a class="btn primary" href={href('install')}>
				{t('nonode.install')}
			</a>
			<a class="btn" href={href('adopt')}>
				{t('take.adopt')}
			</a>
			<a class="btn" href={href('import')}>
				{t('take.import')}
			</a>
		</Empty>
	);
}
