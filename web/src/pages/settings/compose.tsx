import { useState } from 'preact/hooks';
import { get } from '../../api/client';
import type { ComposeFile } from '../../api/model';
import { t } from '../../lang';
import { BuiltinNote } from '../../parts/builtin-note';
import { Button, ButtonLink } from '../../parts/button';
import { Command } from '../../parts/command';
import { download } from '../../parts/copy';
import { Dialog } from '../../parts/dialog';
import { Problem } from '../../parts/problem';
import { useStack } from '../../state/stack';

/** The same containers as files for docker-compose: nobody is held here. */
export function ComposeFiles() {
	const stack = useStack();
	const [files, setFiles] = useState<ComposeFile[]>();
	const [error, setError] = useState<unknown>();
	const show = () => {
		setError(undefined);
		get<{ files: ComposeFile[] }>(`stacks/${stack!.name}/compose`).then((r) => setFiles(r.files), setError);
	};
	return (
		<section class="card stack" aria-labelledby="compose">
			<h2 id="compose">{t('compose.title')}</h2>
			<p class="soft">{t('compose.text')}</p>
			{stack && <BuiltinNote stack={stack} text={t('compose.builtin')} />}
			{error ? <Problem error={error} onRetry={show} /> : null}
			<div class="actions">
				{stack && (
					<Button icon="download" onClick={show}>
						{t('compose.export')}
					</Button>
				)}
				<ButtonLink to="import">{t('take.import')}</ButtonLink>
				<ButtonLink to="adopt">{t('take.adopt')}</ButtonLink>
			</div>
			{files && <FilesDialog name={stack?.name ?? ''} files={files} onClose={() => setFiles(undefined)} />}
		</section>
	);
}

function FilesDialog({ name, files, onClose }: { name: string; files: ComposeFile[]; onClose: () => void }) {
	const foot = (
		<>
			<Button onClick={onClose}>{t('close')}</Button>
			<Button kind="primary" icon="download" onClick={() => files.forEach((f) => download(f.name, 'text/plain', f.text))}>
				{t('compose.save')}
			</Button>
		</>
	);
	return (
		<Dialog title={t('compose.of', { name })} wide onClose={onClose} foot={foot}>
			<p class="soft">{t('compose.no_secrets')}</p>
			{files.map((f) => (
				<Command key={f.name} title={f.name} text={f.text} />
			))}
		</Dialog>
	);
}
