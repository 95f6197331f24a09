import { useEffect, useRef, useState } from 'preact/hooks';
import { change, get, newKey } from '../../api/client';
import type { Image, Job } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { planUpload, upload } from '../../api/upload';
import { bytes, bytesOf } from '../../format';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { Choice } from '../../parts/choice';
import { Dialog } from '../../parts/dialog';
import { JobActions } from '../../parts/jobs/job-actions';
import { useLoad } from '../../parts/load';
import { Problem } from '../../parts/problem';
import { isActive } from '../../state/reducer';
import { ImageForm } from './image-form';
import type { Wish } from './image-form';
import { ImageWork, useJob } from './image-work';

interface Props {
	recipe: Recipe;
	onClose: () => void;
}

/** Brings the relay's image here: from a file, by building it, by pulling it. */
export function ImageDialog({ recipe, onClose }: Props) {
	const name = recipe.images[0] ?? '';
	const [wish, setWish] = useState<Wish>({ way: 'file', file: null, source: '', tag: name, fresh: false, image: name });
	const [sent, setSent] = useState<number>();
	const [error, setError] = useState<unknown>();
	const [id, setId] = useState<string>();
	const stop = useRef(new AbortController());
	const job = useJob(id);
	const sending = sent !== undefined && !id;
	const active = job !== undefined && isActive(job);
	useEffect(() => () => stop.current.abort(), []);

	const start = () => {
		setError(undefined);
		void bring(wish, setSent, stop.current.signal)
			.then((j) => setId(j.id))
			.catch((e) => e !== null && setError(e))
			.finally(() => setSent(undefined));
	};
	const foot = (
		<>
			{active && <JobActions job={job} />}
			<Button onClick={onClose}>{t(job ? 'close' : 'cancel')}</Button>
			{job && !active && job.state !== 'done' && (
				<Button kind="primary" onClick={() => setId(undefined)}>
					{t('image.again')}
				</Button>
			)}
			{!id && (
				<Button kind="primary" disabled={sending || !isWhole(wish)} onClick={start}>
					{t(`image.do_${wish.way}`)}
				</Button>
			)}
		</>
	);
	return (
		<Dialog title={t('image.title')} wide onClose={onClose} foot={foot}>
			<div class="stack">
				{!id && <p class="soft">{t('image.text')}</p>}
				<Here key={job?.state} recipe={recipe} />
				{!id && !sending && <Ways wish={wish} set={(part) => setWish({ ...wish, ...part })} />}
				{sending && wish.file && <Sending file={wish.file} sent={sent} />}
				{job && <ImageWork job={job} />}
				{error !== undefined && <Problem error={error} />}
			</div>
		</Dialog>
	);
}

function isWhole(w: Wish): boolean {
	return w.way === 'file' ? w.file !== null : w.way === 'build' ? w.source.trim() !== '' && w.tag !== '' : w.image !== '';
}

async function bring(w: Wish, onSent: (bytes: number) => void, signal: AbortSignal): Promise<Job> {
	if (w.way === 'file') {
		onSent(0);
		await planUpload(w.file!);
		return upload(w.file!, onSent, signal);
	}
	const source = w.source.trim();
	const from = /^https?:/.test(source) ? { url: source } : { folder: source };
	const [path, body] = w.way === 'build' ? ['images/build', { ...from, tag: w.tag, no_cache: w.fresh }] : ['images/pull', { image: w.image }];
	return (await change<{ job: Job }>('POST', path as string, body, { key: newKey() })).job;
}

function Ways({ wish, set }: { wish: Wish; set: (part: Partial<Wish>) => void }) {
	const ways = (['file', 'build', 'pull'] as const).map((value) => ({ value, title: t(`image.way_${value}`), note: t(`image.way_${value}_more`) }));
	return (
		<>
			<Choice legend={t('image.way')} value={wish.way} options={ways} onPick={(way) => set({ way: way as Wish['way'] })} />
			<ImageForm wish={wish} set={set} />
		</>
	);
}

function Sending({ file, sent }: { file: File; sent: number }) {
	return (
		<div>
			<progress max={Math.max(file.size, 1)} value={sent} aria-label={t('image.sending', { name: file.name })} />
			<div class="progress-text">
				<b>{bytesOf(sent, file.size)}</b>
				<span>{t('image.sending', { name: file.name })}</span>
			</div>
		</div>
	);
}

/** What is on this NAS already, best known first. */
function Here({ recipe }: { recipe: Recipe }) {
	const loaded = useLoad((signal) => get<{ images: Image[] }>(`images?recipe=${recipe.id}`, { signal }), recipe.id);
	const images = loaded.data?.images.filter((i) => i.named.includes(recipe.id)) ?? [];
	if (!loaded.data) return null;
	return (
		<p class="small">
			{images.length ? t('image.here', { list: images.map((i) => `${i.name} (${bytes(i.size_bytes)})`).join(', ') }) : t('image.here_none')}
		</p>
	);
}
