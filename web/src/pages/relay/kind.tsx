import { useState } from 'preact/hooks';
import type { Change } from '../../api/changes';
import type { Options, Service, Stack } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { optionsFor, relaysOf } from '../../api/recipe';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { Icon } from '../../parts/icon';
import { OptionFields } from '../../parts/option-fields';
import { PlanDialog } from '../../parts/plan-dialog';
import { kindTitle } from '../../parts/relay-fields';
import { SecretFields, typedSecrets } from '../../parts/secret-fields';
import { otherKindOptions } from './other-kind';

interface Props {
	stack: Stack;
	relay: Service;
	recipes: Recipe[];
}

/** What kind of relay this is, and the other kinds that could take its place. */
export function Kind({ stack, relay, recipes }: Props) {
	const [to, setTo] = useState<Recipe>();
	const relays = relaysOf(recipes);
	const present = relays.find((r) => r.id === relay.recipe);
	if (!present) return null;
	return (
		<section class="card stack" aria-labelledby="kind">
			<h2 id="kind">{t('relay.kind')}</h2>
			<p>
				<b>{kindTitle(present)}</b> <span class="soft">{present.summary}</span>
			</p>
			<div class="actions">
				{relays
					.filter((r) => r.id !== relay.recipe)
					.map((r) => (
						<Button key={r.id} icon="relay" disabled={!!stack.job} onClick={() => setTo(r)}>
							{t(r.builtin ? 'relay.to_builtin' : 'relay.to_container')}
						</Button>
					))}
			</div>
			{to && <SwitchDialog stack={stack} relay={relay} to={to} onClose={() => setTo(undefined)} />}
		</section>
	);
}

/** One relay in the place of another: settings and secret go along, as far as the other knows them. */
function SwitchDialog({ stack, relay, to, onClose }: { stack: Stack; relay: Service; to: Recipe; onClose: () => void }) {
	const given = relay.options as Options;
	const [changed, setChanged] = useState<Options>(() => otherKindOptions(to, given));
	const [secrets, setSecrets] = useState<Record<string, string>>({});
	const part = { name: 'relay', recipe: to.id, options: changed, secrets: typedSecrets(secrets) };
	const change: Change = { method: 'PATCH', path: `stacks/${stack.name}`, body: { services: [part] } };
	const known = to.secrets.every((s) => (relay.secrets as Record<string, number | null>)[s.key] != null);
	return (
		<PlanDialog title={kindTitle(to)} change={change} onClose={onClose}>
			<p class="soft">{to.summary}</p>
			<ul class="checks">
				<li class="is-ok">
					<Icon name="keep" />
					<span>
						{t(known ? 'relay.goes_along' : 'relay.goes_along_secretless')}
						<small>{t(to.builtin ? 'relay.gains' : 'relay.loses')}</small>
					</span>
				</li>
				{to.builtin && stack.network === 'shared' && (
					<li class="is-warn">
						<Icon name="alert" />
						<span>{t('relay.unshares')}</span>
					</li>
				)}
			</ul>
			<OptionFields options={to.options} values={{ ...optionsFor(to, given), ...changed }} onChange={(key, value) => setChanged({ ...changed, [key]: value })} />
			<SecretFields secrets={to.secrets} values={secrets} kept={known} onText={(key, value) => setSecrets({ ...secrets, [key]: value })} />
		</PlanDialog>
	);
}
