import { t } from '../../lang';
import { Button, ButtonLink } from '../../parts/button';
import { showPlan } from '../../parts/jobs/open';
import { useStack } from '../../state/stack';

/** Another node, or taking the containers of this one away; its chain always stays. */
export function RemoveStack() {
	const stack = useStack();
	return (
		<section class="card stack" aria-labelledby="stacks">
			<h2 id="stacks">{t('stacks.title')}</h2>
			<p class="soft">{stack ? t('stacks.text', { name: stack.name, folder: stack.data_dir }) : t('nonode.text')}</p>
			<div class="actions">
				<ButtonLink to="install">{stack ? t('stacks.another') : t('nonode.install')}</ButtonLink>
				{stack && (
					<Button kind="danger" disabled={!!stack.job} onClick={() => showPlan({ method: 'DELETE', path: `stacks/${stack.name}` })}>
						{t('stacks.remove')}
					</Button>
				)}
			</div>
		</section>
	);
}
