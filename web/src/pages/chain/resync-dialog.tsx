import { useState } from 'preact/hooks';
import type { Change } from '../../api/changes';
import type { Options, Service, Stack } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { optionsOf } from '../../api/recipe';
import { t } from '../../lang';
import { Icon } from '../../parts/icon';
import { OptionFields } from '../../parts/option-fields';
import { PlanDialog } from '../../parts/plan-dialog';

interface Props {
	stack: Stack;
	service: Service;
	recipe?: Recipe;
	onClose: () => void;
}

/** Which options the new sync shall have; the plan comes next. */
export function ResyncDialog({ stack, service: s, recipe, onClose }: Props) {
	const [changed, setChanged] = useState<Options>({});
	const change: Change = { method: 'POST', path: `stacks/${stack.name}/resync`, body: Object.keys(changed).length ? { options: changed } : {} };
	const choices = recipe ? optionsOf(recipe, s.image).filter((o) => o.resync || /warp|sync|mode/.test(o.key)) : [];
	return (
		<PlanDialog title={t('resync.title')} change={change} onClose={onClose}>
			<ul class="checks">
				<li class="is-ok">
					<Icon name="keep" />
					<span>
						{t('resync.kept')}
						<small>{t('resync.kept_more')}</small>
					</span>
				</li>
				<li class="is-note">
					<Icon name="key" />
					<span>{t('resync.keys')}</span>
				</li>
			</ul>
			<OptionFields options={choices.map((o) => ({ ...o, advanced: false, resync: false }))} values={{ ...(s.options as Options), ...changed }} onChange={(key, value) => setChanged({ ...changed, [key]: value })} />
		</PlanDialog>
	);
}
