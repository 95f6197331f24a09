import type { Options, Service } from '../../api/model';
import type { Recipe } from '../../api/recipe';
import { optionsOf } from '../../api/recipe';
import { t } from '../../lang';
import { Command } from '../../parts/command';
import { optionWords } from '../../parts/option-words';

/** The options in words, and the exact arguments. */
export function NodeOptions({ node, recipe }: { node: Service; recipe?: Recipe }) {
	const words = optionWords(node.options as Options, recipe ? optionsOf(recipe, node.image) : []);
	const env = Object.entries(node.env);
	return (
		<section class="card stack" aria-labelledby="opts">
			<h2 id="opts">{t('node.options')}</h2>
			{words.length === 0 && env.length === 0 ? (
				<p class="soft">{t('node.all_default')}</p>
			) : (
				<dl class="rows">
					{words.map((w) => (
						<>
							<dt>{w.title}</dt>
							<dd>{w.value}</dd>
						</>
					))}
					{env.map(([k, v]) => (
						<>
							<dt class="mono">{k}</dt>
							<dd class="mono">{v}</dd>
						</>
					))}
				</dl>
			)}
			<Command title={t('node.command')} text={node.command.length ? node.command.map(quote).join(' ') : t('node.no_arguments')} />
		</section>
	);
}

/** As a shell would need it. */
function quote(arg: string): string {
	return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replace(/'/g, `'\\''`)}'`;
}
