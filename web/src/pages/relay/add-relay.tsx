import { useState } from 'preact/hooks';
import type { Options, Stack } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { SecretField } from '../../parts/field';
import { OptionFields } from '../../parts/option-fields';
import { showPlan } from '../../parts/jobs/open';

/** A relay for a node that has none. */
export function AddRelay({ stack, recipe, onClose }: { stack: Stack; recipe: Recipe; onClose: () => void }) {
	const [options, setOptions] = useState<Options>({});
	const [secrets, setSecrets] = useState<Record<string, string>>({});
	const next = () => {
		onClose();
		const part: Record<string, unknown> = { name: 'relay', recipe: recipe.id, options };
		if (Object.keys(secrets).length) part.secrets = secrets;
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
			<p class="soft">{recipe.summary}</p>
			<OptionFields options={recipe.options} values={options} onChange={(key, value) => setOptions({ ...options, [key]: value })} />
			{recipe.secrets.map((s) => (
				<SecretField key={s.key} label={s.title} help={s.help ?? t('relay.secret_help')} value={secrets[s.key] ?? ''} onText={(v) => setSecrets({ ...secrets, [s.key]: v })} autocomplete="off" />
			))}
		</Dialog>
	);
}
