import { useState } from 'preact/hooks';
import type { Change } from '../api/changes';
import type { Options, Service, Stack } from '../api/model';
import type { Recipe } from '../api/recipe';
import { optionsOf } from '../api/recipe';
import { t } from '../lang';
import { OptionFields } from './option-fields';
import { PlanDialog } from './plan-dialog';
import { SecretFields, typedSecrets } from './secret-fields';

interface Props {
	stack: Stack;
	service: Service;
	recipe: Recipe;
	onClose: () => void;
}

/** Other options or secrets for a service; the plan comes next. */
export function OptionsDialog({ stack, service: s, recipe, onClose }: Props) {
	const [changed, setChanged] = useState<Options>({});
	const [secrets, setSecrets] = useState<Record<string, string>>({});
	const given = typedSecrets(secrets);
	const part: Record<string, unknown> = { name: s.name };
	if (Object.keys(changed).length) part.options = changed;
	if (given) part.secrets = given;
	const change: Change = { method: 'PATCH', path: `stacks/${stack.name}`, body: { services: [part] } };
	return (
		<PlanDialog title={t('options.title', { title: s.title })} change={part.options || given ? change : undefined} onClose={onClose}>
			<OptionFields options={optionsOf(recipe, s.image)} values={{ ...(s.options as Options), ...changed }} onChange={(key, value) => setChanged({ ...changed, [key]: value })} />
			<SecretFields secrets={recipe.secrets} values={secrets} kept onText={(key, value) => setSecrets({ ...secrets, [key]: value })} />
		</PlanDialog>
	);
}
