import { useRef } from 'preact/hooks';
import { t } from '../../lang';
import { href } from '../../router';
import { Icon } from '../icon';
import type { IconName } from '../sprite';

export const PAGES = ['overview', 'node', 'relay', 'limits', 'history', 'logs', 'upgrades', 'chain', 'settings'] as const;
export type PageName = (typeof PAGES)[number];

/** Pages that are part of another one stand below it. */
const PART_OF: Record<string, PageName> = { incidents: 'limits' };

/** On a phone the bar holds the first four; the others are in the sheet. */
const IN_BAR = 4;

export function Nav({ page }: { page: string }) {
	const sheet = useRef<HTMLElement>(null);
	const close = () => sheet.current?.hidePopover?.();
	const rest = PAGES.slice(IN_BAR);
	const inMore = rest.some((p) => p === page);
	return (
		<>
			<div class="rail">
				<nav class="rail-in" aria-label={t('nav.pages')}>
					<a class="brand" href={href('overview')} aria-label={t('brand.home')}>
						<Icon name="station" />
						<span>{t('brand.short')}</span>
					</a>
					<ul class="nav">
						{PAGES.map((p) => (
							<Item key={p} name={p} page={page} />
						))}
						<li class="more">
							<button type="button" class={inMore ? 'here' : undefined} popovertarget="more-pages">
								<Icon name="more" />
								<span>{t('nav.more')}</span>
							</button>
						</li>
					</ul>
				</nav>
			</div>
			<nav class="sheet" id="more-pages" popover ref={sheet} aria-label={t('nav.more_pages')}>
				<ul onClick={close}>
					{rest.map((p) => (
						<Item key={p} name={p} page={page} />
					))}
				</ul>
			</nav>
		</>
	);
}

function Item({ name, page }: { name: PageName; page: string }) {
	const current = name === page ? 'page' : name === PART_OF[page] ? 'true' : undefined;
	return (
		<li>
			<a href={href(name)} aria-current={current}>
				<Icon name={name as IconName} />
				<span>{t(`nav.${name}`)}</span>
			</a>
		</li>
	);
}
