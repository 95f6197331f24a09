import { t } from '../lang';
import { Field } from './field';

interface Props {
	text?: string;
	onText: (text: string | undefined) => void;
}

/** The old relay's app.json: what it says need not be typed. It is read on the NAS, not here. */
export function ConfigFile({ text, onText }: Props) {
	const read = (list: FileList | null) => void (list?.[0]?.text() ?? Promise.resolve(undefined)).then(onText);
	return (
		<Field label={t('relay.config')} help={t(text === undefined ? 'relay.config_help' : 'relay.config_taken')}>
			{(ids) => <input class="input file" type="file" accept=".json,application/json" onChange={(e) => read(e.currentTarget.files)} {...ids} />}
		</Field>
	);
}
