import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from './lang';
import { Announcer } from './parts/announce';
import { Frame } from './parts/frame/frame';
import { Gate } from './parts/frame/gate';
import { Icon } from './parts/icon';
import { lazy } from './parts/lazy';
import { Sprite } from './parts/sprite';
import { Toast } from './parts/toast';
import { WorkDialog } from './parts/jobs/work-dialog';
import { Overview } from './pages/overview';
import { useRoute } from './router';
import { boot, useAccess } from './state/session';

const Setup = lazy(() => import('./pages/setup'));
const SignIn = lazy(() => import('./pages/sign-in'));
const Install = lazy(() => import('./pages/install'));
const Adopt = lazy(() => import('./pages/take-over/adopt'));
const Import = lazy(() => import('./pages/take-over/import'));

const PAGES: Record<string, ComponentType> = {
	overview: Overview,
	node: lazy(() => import('./pages/node')),
	relay: lazy(() => import('./pages/relay')),
	limits: lazy(() => import('./pages/limits')),
	incidents: lazy(() => import('./pages/incidents')),
	history: lazy(() => import('./pages/history')),
	logs: lazy(() => import('./pages/logs')),
	upgrades: lazy(() => import('./pages/upgrades')),
	chain: lazy(() => import('./pages/chain')),
	settings: lazy(() => import('./pages/settings')),
};

export function App() {
	useEffect(() => void boot(), []);
	return (
		<>
			<Sprite />
			<Shown />
			<WorkDialog />
			<Toast />
			<Announcer />
		</>
	);
}

function Shown() {
	const { phase } = useAccess();
	const { page, query } = useRoute();
	if (phase === 'setup') return <Setup />;
	if (phase === 'sign-in') return <SignIn />;
	if (phase === 'loading') return null;
	if (phase === 'no-answer') return <NoAnswer />;
	if (page === 'install') return <Install />;
	if (page === 'adopt') return <Adopt />;
	if (page === 'import') return <Import />;
	const name = page in PAGES ? page : 'overview';
	const Page = PAGES[name]!;
	return (
		<Frame page={name} of={query.get('id')}>
			<Page />
		</Frame>
	);
}

function NoAnswer() {
	return (
		<Gate>
			<div class="card empty">
				<Icon name="offline" />
				<h1>{t('noanswer.title')}</h1>
				<p>{t('noanswer.text')}</p>
			</div>
		</Gate>
	);
}
