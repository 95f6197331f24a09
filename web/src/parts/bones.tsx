import { t } from '../lang';

/** Where something will stand in a moment. */
export function Bones() {
	return (
		<div class="card bones" role="img" aria-label={t('loading')}>
			<span class="bone w40" />
			<span class="bone tall w70" />
			<span class="bone w90" />
			<span class="bone box" />
		</div>
	);
}
