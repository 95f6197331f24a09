import type { DataPlace, Understood } from '../../api/model';
import { bytes, short } from '../../format';
import { t } from '../../lang';
import { Fact, Facts } from '../../parts/facts';
import { Icon } from '../../parts/icon';

type Note = Understood['notes'][number];
type Wish = Understood['stack']['services'][number];

/** What was read out of containers or files: what it comes to, and what is not the same as there. */
export function UnderstoodView({ understood }: { understood: Understood }) {
	const { stack, data, notes } = understood;
	return (
		<section class="card stack" aria-labelledby="understood">
			<h2 id="understood">{t('take.understood')}</h2>
			{stack.services.map((s) => (
				<ServiceFacts key={s.name} service={s} stack={stack.name} />
			))}
			<Facts>
				<Fact label={t('take.chain')} small={data ? data.source || undefined : undefined}>
					{placeText(data)}
				</Fact>
				<Fact label={t('where.network')}>{t(stack.network === 'shared' ? 'where.shared' : 'where.private')}</Fact>
			</Facts>
			{notes.length > 0 ? <Notes notes={notes} /> : <p class="soft">{t('take.all_same')}</p>}
		</section>
	);
}

/** Where the chain lies, as somebody would say it who never saw a container. */
export function placeText(data: DataPlace): string {
	return data ? t(`place.${data.kind}`, { path: data.path }) : t('place.none');
}

function ServiceFacts({ service: s, stack }: { service: Wish; stack: string }) {
	const memory = s.limits?.memory_bytes;
	const ports = (s.ports ?? []).map((p) => `${p.host} → ${p.container}/${p.protocol ?? 'tcp'}`);
	return (
		<Facts>
			<Fact label={t(`nav.${s.name}`)} mono small={s.container_name ?? `${stack}-${s.name}`}>
				{s.image ?? s.recipe}
			</Fact>
			<Fact label={t('take.limits')}>{[memory == null ? t('limits.none') : bytes(memory), s.limits?.cpus != null && t('install.cpus', { n: short(s.limits.cpus) })].filter(Boolean).join(' · ')}</Fact>
			<Fact label={t('take.ports')} mono>
				{ports.join(', ') || t('take.no_ports')}
			</Fact>
		</Facts>
	);
}

const KINDS = ['left_out', 'changed', 'assumed'] as const;

/** Nothing is dropped in silence: each line says what becomes of it, and where it stood. */
function Notes({ notes }: { notes: Note[] }) {
	return (
		<>
			{KINDS.filter((kind) => notes.some((n) => n.kind === kind)).map((kind) => (
				<div key={kind} class="stack tight">
					<h3>{t(`note.${kind}`)}</h3>
					<ul class="checks">
						{notes
							.filter((n) => n.kind === kind)
							.map((n) => (
								<li key={`${n.file}${n.line}${n.service}${n.what}`} class={kind === 'left_out' ? 'is-warn' : 'is-note'}>
									<Icon name={kind === 'left_out' ? 'alert' : 'info'} />
									<span>
										{n.message}
										<small>{source(n)}</small>
									</span>
								</li>
							))}
					</ul>
				</div>
			))}
		</>
	);
}

function source(n: Note): string {
	return [n.service, n.what, n.file && (n.line ? t('note.line', { file: n.file, line: n.line }) : n.file)].filter(Boolean).join(' · ');
}
