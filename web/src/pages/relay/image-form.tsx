import { bytes } from '../../format';
import { t } from '../../lang';
import { Check } from '../../parts/choice';
import { Field, TextField } from '../../parts/field';

export interface Wish {
	way: 'file' | 'build' | 'pull';
	file: File | null;
	/** A folder on the NAS, or an address. */
	source: string;
	tag: string;
	/** Every step anew. */
	fresh: boolean;
	image: string;
}

interface Props {
	wish: Wish;
	set: (part: Partial<Wish>) => void;
}

/** What each of the three ways has to know. */
export function ImageForm({ wish: w, set }: Props) {
	if (w.way === 'file')
		return (
			<Field label={t('image.file')} help={w.file ? `${w.file.name}, ${bytes(w.file.size)}` : t('image.file_help')}>
				{(ids) => <input class="input" type="file" accept=".tar,.gz,.tgz,.xz,.bz2,.zst" onChange={(e) => set({ file: e.currentTarget.files?.[0] ?? null })} {...ids} />}
			</Field>
		);
	if (w.way === 'pull') return <TextField label={t('image.name')} help={t('image.name_help')} value={w.image} onText={(image) => set({ image })} mono maxLength={255} autocapitalize="none" />;
	return (
		<div class="stack">
			<TextField label={t('image.source')} help={t('image.source_help')} value={w.source} onText={(source) => set({ source })} mono maxLength={1000} autocapitalize="none" />
			<TextField label={t('image.tag')} help={t('image.tag_help')} value={w.tag} onText={(tag) => set({ tag })} mono maxLength={255} autocapitalize="none" />
			<Check title={t('image.fresh')} note={t('image.fresh_help')} checked={w.fresh} onCheck={(fresh) => set({ fresh })} />
		</div>
	);
}
