import { useState } from 'preact/hooks';
import type { Options, Service, Stack } from '../api/model';
import type { Recipe } from '../api/recipe';
import { optionsOf } from '../api/recipe';
import { t } from '../lang';
import { Button } from './button';
import { Dialog } from './dialog';
import { OptionFields } from './option-fields';
import { SecretFields, typedSecrets } from './secret-fields';
import { showPlan } from './jobs/open';

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
	const nothing = Object.keys(changed).length === 0 && !given;
	const next = () => {
		const part: Record<string, unknown> = { name: s.name };
		if (Object.keys(changed).length) part.options = changed;
		if (given) part.secrets = given;
		onClose();
		showPlan({ method: 'PATCH', path: `stacks/${stack.name}`, body: { services: [part] } });
	};
	const foot = (
		<>
			<Button onClick={onClose}>{t('cancel')}</Button>
			<Button kind="primary" disabled={nothing} onClick={next}>
				{t('options.see_plan')}
			</Button>
		</>
	);
	return (
		<Dialog title={t('options.title', { title: s.title })} wide onClose={onClose} foot={foot}>
			<OptionFields options={optionsOf(recipe, s.image)} values={{ ...(s.options as Options), ...changed }} onChange={(key, value) => setChanged({ ...changed, [key]: value })} />
			<SecretFields secrets={recipe.secrets} values={secrets} kept onText={(key, value) => setSecrets({ ...secrets, [key]: value })} />
		</Dialog>
	);
}
