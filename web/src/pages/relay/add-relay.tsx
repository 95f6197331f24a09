import { useState } from 'preact/hooks';
import type { Stack } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { relaysOf } from '../../api/recipe';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { RelayFields } from '../../parts/relay-fields';
import type { RelayWish } from '../../parts/relay-fields';
import { typedSecrets } from '../../parts/secret-fields';
import { showPlan } from '../../parts/jobs/open';

/** A relay for a node that has none. */
export function AddRelay({ stack, recipes, onClose }: { stack: Stack; recipes: Recipe[]; onClose: () => void }) {
	const [wish, setWish] = useState<RelayWish>({ recipe: relaysOf(recipes)[0]!.id, options: {}, secrets: {} });
	const next = () => {
		onClose();
		const part = { name: 'relay', ...wish, secrets: typedSecrets(wish.secrets) };
		showPlan({ method: 'PATCH', path: `stacks/${stack.name}`, body: { services: [part] } });
	};
	const foot = (
		<>
			<Button onClick={onClose}>{t('cancel')}</Button>
			<Button kind="primary" onClick={next}>
				{t('options.see_plan')}
			</Button>
		</>
	);
	return (
		<Dialog title={t('relay.add')} wide onClose={onClose} foot={foot}>
			<RelayFields recipes={recipes} wish={wish} onWish={setWish} />
		</Dialog>
	);
}
