import { useState } from 'preact/hooks';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { Field, TextField } from '../../parts/field';
import { Gate } from '../../parts/frame/gate';
import { href } from '../../router';
import { Review } from './review';

interface TextFile {
	name: string;
	text: string;
}

const PASTED = 'docker-compose.yml';

/** Compose files in; what cannot be done the same way is listed before anything happens. */
export default function Import() {
	const [files, setFiles] = useState<TextFile[]>([]);
	const [pasted, setPasted] = useState('');
	const [folder, setFolder] = useState('');
	const [reading, setReading] = useState(false);
	const all = pasted.trim() ? [...files, { name: PASTED, text: pasted }] : files;
	return (
		<Gate wide>
			<div>
				<h1>{t('import.title')}</h1>
				<p class="soft">{t('import.text')}</p>
			</div>
			{reading ? (
				<Review path="compose" body={{ files: all, ...(folder && { folder }) }} onBack={() => setReading(false)} />
			) : (
				<form class="card stack loose" onSubmit={(e) => (e.preventDefault(), setReading(true))}>
					<Field label={t('import.files')} help={t('import.files_help')}>
						{(ids) => <input class="input file" type="file" multiple onChange={(e) => void readAll(e.currentTarget.files).then(setFiles)} {...ids} />}
					</Field>
					{files.length > 0 && <p class="small soft">{files.map((f) => f.name).join(', ')}</p>}
					<Field label={t('import.paste')}>
						{(ids) => <textarea class="input mono" rows={10} spellcheck={false} value={pasted} onInput={(e) => setPasted(e.currentTarget.value)} {...ids} />}
					</Field>
					<TextField label={t('import.folder')} mono value={folder} onText={setFolder} placeholder="/share/Container/parity" help={t('import.folder_help')} />
					<div class="actions stretch">
						<Button kind="primary" type="submit" disabled={all.length === 0}>
							{t('import.read')}
						</Button>
						<a class="small push link" href={href('overview')}>
							{t('take.later')}
						</a>
					</div>
				</form>
			)}
		</Gate>
	);
}

function readAll(list: FileList | null): Promise<TextFile[]> {
	return Promise.all(Array.from(list ?? [], async (f) => ({ name: f.name, text: await f.text() })));
}
