import { useState } from 'preact/hooks';
import type { Options, Service } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { optionsOf, relaysOf } from '../../api/recipe';
import { t } from '../../lang';
import { Age } from '../../parts/age';
import { Button } from '../../parts/button';
import { LastHour } from '../../parts/chart/last-hour';
import { RELAY_CHARTS } from '../../parts/chart/specs';
import { Command } from '../../parts/command';
import { ContainerState } from '../../parts/container-state';
import { Empty } from '../../parts/empty';
import { Findings } from '../../parts/finding';
import { Lamps } from '../../parts/lamps';
import { NoNode } from '../../parts/no-node';
import { optionWords } from '../../parts/option-words';
import { OptionsDialog } from '../../parts/options-dialog';
import { PageHead } from '../../parts/page-head';
import { relayLamps } from '../../parts/relay-lamps';
import { RunButtons } from '../../parts/run-buttons';
import { useRecipes } from '../../parts/use-recipes';
import { useNow } from '../../state/clock';
import { service, useStack } from '../../state/stack';
import { useModel } from '../../state/store';
import { AddRelay } from './add-relay';
import { Kind } from './kind';
import { Report } from './report';
import { ImageButton } from './image-button';

const BYTES_OUT = RELAY_CHARTS.filter((c) => c.main === 'relay_bytes');

/** How far the relay is known to work, up to the public page; and which relay it is. */
export default function RelayPage() {
	const { state } = useModel();
	const stack = useStack();
	const recipes = useRecipes();
	const [open, setOpen] = useState<'edit' | 'add' | null>(null);
	if (!state || !stack) return <NoNode />;
	const relay = service(stack, 'relay');
	if (!relay)
		return (
			<>
				<PageHead title={t('nav.relay')} text={t('relay.text')} />
				<Empty icon="relay" title={t('relay.none')} text={t('relay.none_more')}>
					{relaysOf(recipes).length > 0 && (
						<Button kind="primary" onClick={() => setOpen('add')}>
							{t('relay.add')}
						</Button>
					)}
				</Empty>
				{open === 'add' && <AddRelay stack={stack} recipes={recipes} onClose={() => setOpen(null)} />}
			</>
		);
	const recipe = recipes.find((r) => r.id === relay.recipe);
	const refused = relay.relay?.code === 'relay.secret';
	// A button that leads to this page does nothing here.
	const findings = state.findings.filter((f) => f.stack === stack.name && f.service === 'relay').map((f) => ({ ...f, actions: f.actions.filter((a) => a.page !== 'relay') }));
	return (
		<>
			<PageHead title={t('nav.relay')} text={t('relay.text')}>
				<RunButtons stack={stack} of="relay" />
				<ImageButton recipes={recipes} of={relay.recipe} />
				{recipe && !stack.job && (
					<Button icon="settings" kind={refused ? 'primary' : undefined} onClick={() => setOpen('edit')}>
						{t(refused ? 'relay.change_secret' : 'relay.edit')}
					</Button>
				)}
			</PageHead>
			<Findings findings={findings} />
			{relay.builtin ? <Report relay={relay} /> : <ContainerLamps relay={relay} />}
			{relay.builtin && <LastHour stack={stack.name} service="relay" specs={BYTES_OUT} />}
			<Settings relay={relay} recipe={recipe} />
			<Kind stack={stack} relay={relay} recipes={recipes} />
			{open === 'edit' && recipe && <OptionsDialog stack={stack} service={relay} recipe={recipe} onClose={() => setOpen(null)} />}
		</>
	);
}

function ContainerLamps({ relay }: { relay: Service }) {
	const now = useNow();
	return (
		<section class="card stack loose" aria-labelledby="lamps">
			<div class="card-head">
				<h2 id="lamps">{relay.title}</h2>
				<ContainerState of={relay.container} />
			</div>
			<Lamps lamps={relayLamps(relay, now)} />
		</section>
	);
}

function Settings({ relay, recipe }: { relay: Service; recipe?: Recipe }) {
	const words = optionWords(relay.options as Options, recipe ? optionsOf(recipe, relay.image) : []);
	const secrets = Object.entries(relay.secrets as Record<string, number | null>);
	return (
		<section class="card stack" aria-labelledby="rset">
			<h2 id="rset">{t('relay.settings')}</h2>
			<dl class="rows">
				{words.map((w) => (
					<>
						<dt>{w.title}</dt>
						<dd>{w.value}</dd>
					</>
				))}
				{secrets.map(([key, at]) => (
					<>
						<dt>{recipe?.secrets.find((s) => s.key === key)?.title ?? key}</dt>
						<dd>{at === null ? t('relay.secret_unset') : <>{t('relay.secret_set')} <Age at={at} /></>}</dd>
					</>
				))}
				{!relay.builtin && (
					<>
						<dt>{t('node.image')}</dt>
						<dd class="mono">{relay.image}</dd>
					</>
				)}
			</dl>
			{relay.command.length > 0 && <Command title={t('node.command')} text={relay.command.join(' ')} fold />}
		</section>
	);
}
