import { get } from '../../api/client';
import type { Settings } from '../../api/model';
import { t } from '../../lang';
import { Bones } from '../../parts/bones';
import { Button } from '../../parts/button';
import { useLoad } from '../../parts/load';
import { PageHead } from '../../parts/page-head';
import { Problem } from '../../parts/problem';
import { signOut } from '../../state/session';
import { About } from './about';
import { AdoptedFrom } from './adopted';
import { ComposeFiles } from './compose';
import { Password } from './password';
import { ProgramSettings } from './program';
import { RemoveStack } from './remove-stack';
import { Sessions } from './sessions';
import { ThemeChoice } from './theme-choice';
import { Tokens } from './tokens';

export default function SettingsPage() {
	const settings = useLoad((signal) => get<Settings>('settings', { signal }), 'settings');
	return (
		<>
			<PageHead title={t('nav.settings')}>
				<Button icon="out" onClick={() => void signOut()}>
					{t('settings.sign_out')}
				</Button>
			</PageHead>
			<Tokens />
			{settings.error ? <Problem error={settings.error} onRetry={settings.reload} /> : settings.data ? <ProgramSettings settings={settings.data} /> : <Bones />}
			<div class="cols">
				<Password />
				<ThemeChoice />
			</div>
			<Sessions />
			<AdoptedFrom />
			<ComposeFiles />
			<RemoveStack />
			<About />
		</>
	);
}
