import type { HostReport } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { notesOf, optionsOf, relaysOf } from '../../api/recipe';
import { GIB, MIB, bytes, gib, short } from '../../format';
import { t } from '../../lang';
import { Check, Choice } from '../../parts/choice';
import { Field, SelectField, TextField } from '../../parts/field';
import { Icon } from '../../parts/icon';
import { OptionFields } from '../../parts/option-fields';
import { RelayFields } from '../../parts/relay-fields';
import type { RelayWish } from '../../parts/relay-fields';
import { ImageButton } from '../relay/image-button';
import { suggestedMemory } from './form';
import type { InstallForm } from './form';

interface Props {
	form: InstallForm;
	report: HostReport;
	recipes: Recipe[];
	set: (part: Partial<InstallForm>) => void;
}

/** Step 3: which node, which version, where, and how much of the NAS it may use. */
export function Where({ form: f, report, recipes, set }: Props) {
	const nodes = recipes.filter((r) => r.role === 'node');
	const recipe = recipes.find((r) => r.id === f.recipe);
	const total = report.host.memory_total_bytes;
	const pick = (id: string) => {
		const r = recipes.find((x) => x.id === id);
		set({ recipe: id, image: r?.images[0] ?? '', options: {}, memory: suggestedMemory(r, total) });
	};
	return (
		<>
			<Choice legend={t('where.recipe')} value={f.recipe} options={nodes.map((r) => ({ value: r.id, title: r.title, note: r.summary }))} onPick={pick} />
			{recipe && <ImageField recipe={recipe} form={f} set={set} />}
			{recipe && <OptionFields options={optionsOf(recipe, f.image)} values={f.options} brief onChange={(key, value) => set({ options: { ...f.options, [key]: value } })} />}
			<div class="cols">
				<TextField label={t('where.name')} value={f.name} onText={(name) => set({ name })} pattern="[a-z0-9][a-z0-9\-]*" maxLength={31} autocapitalize="none" help={t('where.name_help')} />
				<TextField label={t('where.folder')} mono value={f.dataDir} onText={(dataDir) => set({ dataDir })} placeholder={`${report.host.volume.path}/${f.name}`} help={t('where.folder_help', { free: bytes(report.host.volume.free_bytes), fs: report.host.volume.fs })} />
			</div>
			<div class="cols">
				<MemoryField form={f} total={total} set={set} />
				<CpuField form={f} cpus={report.host.cpus} set={set} />
			</div>
			<RelayChoice form={f} recipes={recipes} set={set} />
			{f.relay && !isBuiltin(recipes, f.relayRecipe) && (
				<Choice
					legend={t('where.network')}
					value={f.network}
					options={[
						{ value: 'private', title: t('where.private'), note: t('where.private_note') },
						{ value: 'shared', title: t('where.shared'), note: t('where.shared_note') },
					]}
					onPick={(v) => set({ network: v as InstallForm['network'] })}
				/>
			)}
		</>
	);
}

const OTHER = '(other)';

function ImageField({ recipe, form: f, set }: { recipe: Recipe; form: InstallForm; set: Props['set'] }) {
	const listed = recipe.images.includes(f.image);
	const notes = notesOf(recipe, f.image);
	return (
		<div class="stack tight">
			<SelectField
				label={t('where.image')}
				value={listed ? f.image : OTHER}
				options={[...recipe.images.map((i) => ({ value: i, title: i })), { value: OTHER, title: t('where.other_image') }]}
				onPick={(v) => set({ image: v === OTHER ? '' : v })}
			/>
			{!listed && <TextField label={t('where.image_ref')} mono value={f.image} onText={(image) => set({ image })} />}
			{notes.map((n) => (
				<p key={n} class="small soft note-line">
					<Icon name="info" small />
					<span>{n}</span>
				</p>
			))}
		</div>
	);
}

function MemoryField({ form: f, total, set }: { form: InstallForm; total: number; set: Props['set'] }) {
	const left = total - (f.memory ?? 0);
	const tight = f.memory !== null && left < 0.75 * GIB;
	return (
		<div class="stack tight">
			{f.memory === null ? (
				<p class="soft">{t('limits.unlimited')}</p>
			) : (
				<Field label={t('where.memory', { size: gib(f.memory) })} help={t(tight ? 'where.memory_tight' : 'where.memory_left', { left: bytes(left), total: bytes(total) })}>
					{(ids) => (
						<input
							class="plain-range"
							type="range"
							min={256 * MIB}
							max={total}
							step={64 * MIB}
							value={f.memory!}
							aria-valuetext={t('gib', { n: gib(f.memory!) })}
							onInput={(e) => set({ memory: Number(e.currentTarget.value) })}
							{...ids}
						/>
					)}
				</Field>
			)}
			<label class="tick-line">
				<input type="checkbox" checked={f.memory === null} onChange={(e) => set({ memory: e.currentTarget.checked ? null : Math.round(total / 2) })} />
				{t('where.no_limit')}
			</label>
		</div>
	);
}

function CpuField({ form: f, cpus, set }: { form: InstallForm; cpus: number; set: Props['set'] }) {
	const steps = Array.from({ length: cpus * 2 }, (_, i) => (i + 1) / 2);
	return (
		<SelectField
			label={t('where.cpus')}
			value={String(f.cpus ?? '')}
			options={[{ value: '', title: t('where.cpus_all', { n: cpus }) }, ...steps.map((n) => ({ value: String(n), title: t('where.cpus_n', { n: short(n), total: cpus }) }))]}
			onPick={(v) => set({ cpus: v ? Number(v) : null })}
		/>
	);
}

function isBuiltin(recipes: Recipe[], id: string): boolean {
	return !!recipes.find((r) => r.id === id)?.builtin;
}

function RelayChoice({ form: f, recipes, set }: { form: InstallForm; recipes: Recipe[]; set: Props['set'] }) {
	if (relaysOf(recipes).length === 0) return null;
	// Only a container can lend the node its network.
	const take = (w: RelayWish) => set({ relayRecipe: w.recipe, relayOptions: w.options, relaySecrets: w.secrets, relayConfig: w.config, ...(isBuiltin(recipes, w.recipe) && { network: 'private' }) });
	return (
		<div class="stack">
			<Check title={t('relay.add')} note={t('relay.text')} checked={f.relay} onCheck={(on) => set({ relay: on, network: 'private' })} />
			{f.relay && (
				<div class="stack indent">
					<RelayFields recipes={recipes} wish={{ recipe: f.relayRecipe, options: f.relayOptions, secrets: f.relaySecrets, config: f.relayConfig }} onWish={take} />
					<ImageButton recipes={recipes} of={f.relayRecipe} />
				</div>
			)}
		</div>
	);
}
