// A file that goes up with its progress told, which fetch() cannot do.
import { t } from '../lang';
import { API, ApiError, change, csrfHeader, errorFrom } from './client';
import type { Job, Plan } from './model';

const PATH = 'images/load';

/** Whether it begins like a tar, or like one that is compressed: gzip, bzip2, xz, zstd. */
async function beginsLikeTar(file: File): Promise<boolean> {
	const head = new Uint8Array(await file.slice(0, 512).arrayBuffer());
	const has = (at: number, bytes: number[]) => bytes.every((b, i) => head[at + i] === b);
	return [[0x1f, 0x8b], [0x42, 0x5a, 0x68], [0xfd, 0x37, 0x7a], [0x28, 0xb5, 0x2f, 0xfd]].some((m) => has(0, m)) || has(257, [0x75, 0x73, 0x74, 0x61, 0x72]);
}

/** What loading it would do; throws when it may not come. Asked first: a refusal in mid-upload gets lost. */
export async function planUpload(file: File): Promise<Plan> {
	if (!(await beginsLikeTar(file))) throw new ApiError(0, 'image.broken', t('image.no_tar', { name: file.name }), t('image.no_tar_hint'));
	return (await change<{ plan: Plan }>('POST', `${PATH}?dry_run=true&size=${file.size}`)).plan;
}

/** Rejects with null when it was stopped by `signal`. */
export function upload(file: File, onSent: (bytes: number) => void, signal: AbortSignal): Promise<Job> {
	return new Promise((resolve, reject) => {
		const x = new XMLHttpRequest();
		x.open('POST', API + PATH);
		x.setRequestHeader('Content-Type', 'application/x-tar');
		for (const [name, value] of Object.entries(csrfHeader())) x.setRequestHeader(name, value);
		x.upload.onprogress = (e) => onSent(e.loaded);
		x.onload = () => (x.status === 202 ? resolve(JSON.parse(x.responseText).job) : reject(errorFrom(x.status, x.responseText)));
		x.onabort = () => reject(null);
		// The connection ended without an answer: perhaps there is no room any more.
		x.onerror = () => planUpload(file).then(() => reject(new ApiError(0, 'input.incomplete', t('image.broke_off'), t('image.broke_off_hint'))), reject);
		signal.addEventListener('abort', () => x.abort());
		x.send(file);
	});
}
