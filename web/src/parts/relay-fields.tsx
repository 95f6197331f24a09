import type { OptionValue, Options } from '../api/model';
import type { Recipe } from '../api/recipe';
import { optionsFor, relaysOf } from '../api/recipe';
import { t } from '../lang';
import { Choice } from './choice';
import { ConfigFile } from './config-file';
import { OptionFields } from './option-fields';
import { SecretFields } from './secret-fields';

/** A relay as it is wished for. */
export interface RelayWish {
	recipe: string;
	options: Options;
	secrets: Record<string, string>;
	/** Text of the old relay's app.json: below what is typed. */
	config?: string;
}

interface Props {
	recipes: Recipe[];
	wish: RelayWish;
	onWish: (wish: RelayWish) => void;
}

/** Which kind of relay, and its settings; what the kinds have in common stays when another is picked. */
export function RelayFields({ recipes, wish: w, onWish }: Props) {
	const relays = relaysOf(recipes);
	const recipe = relays.find((r) => r.id === w.recipe);
	const pick = (id: string) => onWish({ ...w, recipe: id, options: optionsFor(relays.find((r) => r.id === id)!, w.options) });
	const options = w.config === undefined ? recipe?.options : recipe?.options.map((o) => ({ ...o, required: false }));
	const set = (key: string, value: OptionValue) => onWish({ ...w, options: { ...w.options, [key]: value } });
	return (
		<>
			<Choice legend={t('relay.kind')} value={w.recipe} options={relays.map((r) => ({ value: r.id, title: kindTitle(r), note: r.summary }))} onPick={pick} />
			<ConfigFile text={w.config} onText={(config) => onWish({ ...w, config })} />
			{options && <OptionFields options={options} values={w.options} onChange={set} />}
			{recipe && <SecretFields secrets={recipe.secrets} values={w.secrets} onText={(key, value) => onWish({ ...w, secrets: { ...w.secrets, [key]: value } })} />}
		</>
	);
}

/** A name says what it reports; where it runs is the difference. */
export function kindTitle(r: Recipe): string {
	return r.builtin ? r.title : t('relay.in_container', { title: r.title });
}
