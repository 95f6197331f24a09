import { useState } from 'preact/hooks';
import type { Change } from '../../api/changes';
import type { Stack } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { relaysOf } from '../../api/recipe';
import { t } from '../../lang';
import { PlanDialog } from '../../parts/plan-dialog';
import { RelayFields } from '../../parts/relay-fields';
import type { RelayWish } from '../../parts/relay-fields';
import { typedSecrets } from '../../parts/secret-fields';

/** A relay for a node that has none. */
export function AddRelay({ stack, recipes, onClose }: { stack: Stack; recipes: Recipe[]; onClose: () => void }) {
	const [wish, setWish] = useState<RelayWish>({ recipe: relaysOf(recipes)[0]!.id, options: {}, secrets: {} });
	const part = { name: 'relay', ...wish, secrets: typedSecrets(wish.secrets) };
	const change: Change = { method: 'PATCH', path: `stacks/${stack.name}`, body: { services: [part] } };
	return (
		<PlanDialog title={t('relay.add')} change={change} onClose={onClose}>
			<RelayFields recipes={recipes} wish={wish} onWish={setWish} />
		</PlanDialog>
	);
}
