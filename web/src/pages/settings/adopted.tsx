import { t } from '../../lang';
import { When } from '../../parts/age';
import { Button } from '../../parts/button';
import { showPlan } from '../../parts/jobs/open';
import { useStack } from '../../state/stack';

/** The containers that a stack was taken over from: back to them, or let them go. */
export function AdoptedFrom() {
	const stack = useStack();
	const old = stack?.adopted;
	if (!stack || !old) return null;
	const ask = (what: 'goback' | 'letgo') => showPlan({ method: 'POST', path: `stacks/${stack.name}/${what}` });
	return (
		<section class="card stack" aria-labelledby="adopted">
			<h2 id="adopted">{t('adopted.title', { name: stack.name })}</h2>
			<p class="soft">
				{t(old.containers.length ? 'adopted.text' : 'adopted.folder')} <When at={old.at} />
			</p>
			{old.containers.length > 0 && (
				<ul class="checks">
					{old.containers.map((c) => (
						<li key={c.container} class="is-note">
							<span>
								{c.name}
								<small class="mono">{c.kept_as}</small>
							</span>
						</li>
					))}
				</ul>
			)}
			<div class="actions">
				<Button icon="undo" disabled={!!stack.job} onClick={() => ask('goback')}>
					{t('adopted.back')}
				</Button>
				<Button kind="quiet" disabled={!!stack.job} onClick={() => ask('letgo')}>
					{t('adopted.letgo')}
				</Button>
			</div>
		</section>
	);
}
