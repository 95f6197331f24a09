import { useState } from 'preact/hooks';
import { t } from '../../lang';
import { Button } from '../../parts/button';
import { Findings } from '../../parts/finding';
import { NoNode } from '../../parts/no-node';
import { OptionsDialog } from '../../parts/options-dialog';
import { PageHead } from '../../parts/page-head';
import { RunButtons } from '../../parts/run-buttons';
import { useRecipes } from '../../parts/use-recipes';
import { service, useStack } from '../../state/stack';
import { useModel } from '../../state/store';
import { NodeFacts } from './facts';
import { NodeOptions } from './options';
import { NodeSync } from './sync';

/** What runs, how it was started, how far it is. */
export default function NodePage() {
	const { state } = useModel();
	const stack = useStack();
	const recipes = useRecipes();
	const [editing, setEditing] = useState(false);
	const node = service(stack, 'node');
	if (!state || !stack || !node) return <NoNode />;
	const recipe = recipes.find((r) => r.id === node.recipe);
	return (
		<>
			<PageHead title={node.title} text={t('node.text', { stack: stack.name })}>
				<RunButtons stack={stack} />
				{recipe && !stack.job && (
					<Button icon="settings" onClick={() => setEditing(true)}>
						{t('node.change')}
					</Button>
				)}
			</PageHead>
			<Findings findings={state.findings.filter((f) => f.stack === stack.name && (f.service === 'node' || f.service === null))} />
			<NodeFacts node={node} stack={stack} />
			<NodeSync node={node} stack={stack} />
			<NodeOptions node={node} recipe={recipe} />
			{editing && recipe && <OptionsDialog stack={stack} service={node} recipe={recipe} onClose={() => setEditing(false)} />}
		</>
	);
}
