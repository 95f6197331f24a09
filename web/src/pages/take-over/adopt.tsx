import { useState } from 'preact/hooks';
import { get } from '../../api/client';
import type { Found } from '../../api/model';
import { t } from '../../lang';
import { Bones } from '../../parts/bones';
import { Button, ButtonLink } from '../../parts/button';
import { Empty } from '../../parts/empty';
import { Gate } from '../../parts/frame/gate';
import { Icon } from '../../parts/icon';
import { useLoad } from '../../parts/load';
import { Problem } from '../../parts/problem';
import { href } from '../../router';
import { Review } from './review';
import { placeText } from './understood';

/** A node that somebody made by hand becomes one of ours, with its chain; and can go back. */
export default function Adopt() {
	const [chosen, setChosen] = useState<Found>();
	return (
		<Gate wide>
			<div>
				<h1>{t('adopt.title')}</h1>
				<p class="soft">{t('adopt.text')}</p>
			</div>
			{chosen ? <Review path="adopt" body={{ containers: chosen.containers.map((c) => c.name) }} onBack={() => setChosen(undefined)} /> : <WhatWasFound onChoose={setChosen} />}
		</Gate>
	);
}

function WhatWasFound({ onChoose }: { onChoose: (f: Found) => void }) {
	const found = useLoad((signal) => get<{ found: Found[] }>('found', { signal }), 'found');
	if (found.error) return <Problem error={found.error} onRetry={found.reload} />;
	if (!found.data) return <Bones />;
	if (found.data.found.length === 0)
		return (
			<Empty icon="question" title={t('adopt.none')} text={t('adopt.none_text')}>
				<Button onClick={found.reload}>{t('install.check')}</Button>
				<ButtonLink to="import">{t('take.import')}</ButtonLink>
				<ButtonLink to="install">{t('nonode.install')}</ButtonLink>
			</Empty>
		);
	return (
		<>
			{found.data.found.map((f) => (
				<FoundCard key={f.containers[0]?.id} found={f} onChoose={() => onChoose(f)} />
			))}
			<div class="actions">
				<Button onClick={found.reload}>{t('install.check')}</Button>
				<a class="small push link" href={href('overview')}>
					{t('take.later')}
				</a>
			</div>
		</>
	);
}

function FoundCard({ found: f, onChoose }: { found: Found; onChoose: () => void }) {
	const names = f.containers.map((c) => c.name).join(', ');
	return (
		<section class="card stack" aria-label={names}>
			<ul class="checks">
				{f.containers.map((c, i) => (
					<li key={c.id} class="is-note">
						<Icon name={i === 0 ? 'node' : 'relay'} />
						<span>
							{c.name} ({c.state})<small class="mono">{c.image}</small>
						</span>
					</li>
				))}
				<li class={f.data?.kind === 'layer' ? 'is-warn' : 'is-note'}>
					<Icon name="chain" />
					<span>
						{placeText(f.data)}
						{f.data?.kind === 'layer' && <small>{t('adopt.layer_note')}</small>}
					</span>
				</li>
				{f.error && (
					<li class="is-bad">
						<Icon name="alert" />
						<span>
							{f.error.message}
							<small class="code-key">{f.error.code}</small>
						</span>
					</li>
				)}
			</ul>
			<div class="actions">
				<Button kind="primary" disabled={!!f.error} onClick={onChoose}>
					{t('adopt.choose')}
				</Button>
			</div>
		</section>
	);
}
