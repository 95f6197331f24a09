import type { RecipeSecret } from '../api/recipe';
import { t } from '../lang';
import { SecretField } from './field';

interface Props {
	secrets: RecipeSecret[];
	values: Record<string, string>;
	/** There is one already: an empty field keeps it. */
	kept?: boolean;
	onText: (key: string, value: string) => void;
}

/** A recipe's secrets: they go in and never come out. */
export function SecretFields({ secrets, values, kept, onText }: Props) {
	return (
		<>
			{secrets.map((s) => (
				<SecretField
					key={s.key}
					label={s.title}
					help={s.help ?? t('relay.secret_help')}
					value={values[s.key] ?? ''}
					onText={(v) => onText(s.key, v)}
					autocomplete="off"
					placeholder={kept ? t('relay.secret_keep') : undefined}
				/>
			))}
		</>
	);
}

/** Those that were typed. */
export function typedSecrets(values: Record<string, string>): Record<string, string> | undefined {
	const typed = Object.entries(values).filter(([, v]) => v !== '');
	return typed.length ? Object.fromEntries(typed) : undefined;
}
