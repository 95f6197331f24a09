import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { t, tOr } from '../../lang';
import { useModel } from '../../state/store';
import { announce } from '../announce';
import { Foot } from './foot';
import { Keyboard } from './keyboard';
import { LinkBanner } from './link-banner';
import { Nav } from './nav';
import { TopBar } from './top-bar';

interface Props {
	page: string;
	/** Which of several things the page shows; another one is another page to its reader. */
	of: string | null;
	children: ComponentChildren;
}

/** What every page stands in. */
export function Frame({ page, of, children }: Props) {
	const main = useRef<HTMLElement>(null);
	useTitle(page);
	useAnnouncements();
	useFocusOnChange(`${page} ${of}`, main);
	return (
		<>
			<a class="skip" href="#main" onClick={(e) => (e.preventDefault(), main.current?.focus())}>
				{t('skip')}
			</a>
			<div class="app">
				<Nav page={page} />
				<TopBar />
				<main class="page" id="main" tabIndex={-1} ref={main}>
					<LinkBanner />
					{children}
				</main>
				<Foot />
			</div>
			<Keyboard />
		</>
	);
}

function useTitle(page: string): void {
	const { state } = useModel();
	const nas = state?.nas.name;
	useEffect(() => {
		document.title = [tOr(`nav.${page}`, t('brand')), nas, t('brand')].filter(Boolean).join(' · ');
	}, [page, nas]);
}

/** State changes are told; the first state is not a change. */
function useAnnouncements(): void {
	const { state, link } = useModel();
	const word = state?.verdict.word;
	const before = useRef(word);
	useEffect(() => {
		if (before.current && word && word !== before.current) announce(word);
		before.current = word;
	}, [word]);
	useEffect(() => {
		if (link === 'gone') announce(t('link.gone_short'));
	}, [link]);
}

function useFocusOnChange(shown: string, main: { current: HTMLElement | null }): void {
	const first = useRef(true);
	useLayoutEffect(() => {
		if (!first.current) {
			main.current?.focus({ preventScroll: true });
			scrollTo(0, 0);
		}
		first.current = false;
	}, [shown]);
}
