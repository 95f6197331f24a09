import type { State } from '../../api/model';
import { t } from '../../lang';
import { ReadAge } from '../age';
import { Icon } from '../icon';
import { verdictLook } from '../tone';

/** One sentence, first. */
export function VerdictHead({ state, gone }: { state: State; gone: boolean }) {
	const { word, sentence, at } = state.verdict;
	const look = verdictLook(gone ? 'Unknown' : word);
	const urgent = state.findings.filter((f) => f.level !== 'note').length;
	return (
		<section class={`verdict is-${look.tone}${gone ? ' stale' : ''}`} aria-labelledby="verdict">
			<span class="verdict-mark">
				<Icon name={look.icon} />
			</span>
			<h1 id="verdict">
				<b>{word}:</b> {sentence}
			</h1>
			<p class="age">
				<ReadAge at={at} />
				<span class="nb">{urgent ? t('verdict.findings', { n: urgent }) : t('verdict.no_findings')}</span>
			</p>
		</section>
	);
}
