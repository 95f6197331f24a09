// Every icon of the page, once: 24 px grid, 1.75 stroke, currentColor. <Icon name=…> points at them.
export function Sprite() {
	return (
		<svg class="sprite" aria-hidden="true">
			<defs>
				<symbol id="i-alert" viewBox="0 0 24 24"><path d="M10.7 4.7 3.2 17.6A1.5 1.5 0 0 0 4.5 20h15a1.5 1.5 0 0 0 1.3-2.4L13.3 4.7a1.5 1.5 0 0 0-2.6 0Z"/><path d="M12 9.5v4M12 16.7h.01"/></symbol>
				<symbol id="i-catch" viewBox="0 0 24 24"><path d="m5 7 5 5-5 5M12 7l5 5-5 5M20 6.5v11"/></symbol>
				<symbol id="i-chain" viewBox="0 0 24 24"><path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1"/><path d="M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1-1"/></symbol>
				<symbol id="i-check" viewBox="0 0 24 24"><path d="m5 12.5 4.5 4.5L19 7.5"/></symbol>
				<symbol id="i-check-c" viewBox="0 0 24 24"><circle cx="12" cy="12" r="8.5"/><path d="m8.2 12.3 2.6 2.6 5-5.2"/></symbol>
				<symbol id="i-chevron" viewBox="0 0 24 24"><path d="m9.5 6 6 6-6 6"/></symbol>
				<symbol id="i-clock" viewBox="0 0 24 24"><circle cx="12" cy="12" r="8.5"/><path d="M12 7.5V12l3 2"/></symbol>
				<symbol id="i-copy" viewBox="0 0 24 24"><rect x="8.5" y="8.5" width="11" height="11" rx="1.8"/><path d="M5.5 15.5h-.2A1.3 1.3 0 0 1 4 14.2V5.8C4 4.8 4.8 4 5.8 4h8.4c.7 0 1.3.6 1.3 1.3v.2"/></symbol>
				<symbol id="i-diamond" viewBox="0 0 24 24"><path d="M12 4 20 12 12 20 4 12Z"/></symbol>
				<symbol id="i-disk" viewBox="0 0 24 24"><ellipse cx="12" cy="6" rx="7.5" ry="2.7"/><path d="M4.5 6v12c0 1.5 3.4 2.7 7.5 2.7s7.5-1.2 7.5-2.7V6M4.5 12c0 1.5 3.4 2.7 7.5 2.7s7.5-1.2 7.5-2.7"/></symbol>
				<symbol id="i-download" viewBox="0 0 24 24"><path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M4.5 19.5h15"/></symbol>
				<symbol id="i-eye" viewBox="0 0 24 24"><path d="M3 12s3.2-6 9-6 9 6 9 6-3.2 6-9 6-9-6-9-6Z"/><circle cx="12" cy="12" r="2.7"/></symbol>
				<symbol id="i-history" viewBox="0 0 24 24"><path d="M4 4v14.5c0 .8.7 1.5 1.5 1.5H20"/><path d="m7.5 15 3.5-5 3 3 5-7"/></symbol>
				<symbol id="i-info" viewBox="0 0 24 24"><circle cx="12" cy="12" r="8.5"/><path d="M12 11.5V16M12 8.2h.01"/></symbol>
				<symbol id="i-keep" viewBox="0 0 24 24"><path d="M7 4.5h10c.6 0 1 .4 1 1V20l-6-4-6 4V5.5c0-.6.4-1 1-1Z"/></symbol>
				<symbol id="i-key" viewBox="0 0 24 24"><circle cx="8" cy="15.5" r="3.7"/><path d="m10.7 12.8 8-8M15.5 8l2.7 2.7"/></symbol>
				<symbol id="i-limits" viewBox="0 0 24 24"><path d="M4 7h8M18 7h2M4 17h2M12 17h8"/><circle cx="15" cy="7" r="2.5"/><circle cx="9" cy="17" r="2.5"/></symbol>
				<symbol id="i-lock" viewBox="0 0 24 24"><rect x="5" y="10.5" width="14" height="9.5" rx="1.8"/><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5M12 14.5v2"/></symbol>
				<symbol id="i-logs" viewBox="0 0 24 24"><path d="M4 6h16M4 10h11M4 14h14M4 18h8"/></symbol>
				<symbol id="i-memory" viewBox="0 0 24 24"><rect x="6.5" y="6.5" width="11" height="11" rx="1.5"/><path d="M10 3.5v3M14 3.5v3M10 17.5v3M14 17.5v3M3.5 10h3M3.5 14h3M17.5 10h3M17.5 14h3"/></symbol>
				<symbol id="i-more" viewBox="0 0 24 24"><path d="M5.5 12h.01M12 12h.01M18.5 12h.01" stroke-width="2.75"/></symbol>
				<symbol id="i-node" viewBox="0 0 24 24"><path d="M12 3.5 19.5 7.7v8.6L12 20.5l-7.5-4.2V7.7Z"/><path d="M4.7 7.8 12 12l7.3-4.2M12 12v8.3"/></symbol>
				<symbol id="i-offline" viewBox="0 0 24 24"><path d="M4.5 4.5l15 15M8 16.2a6 6 0 0 1-1.4-5.6M11.6 6a6 6 0 0 1 4.6 1.8 6 6 0 0 1 1.6 5.3M5 19a10 10 0 0 1-1.8-11.5"/></symbol>
				<symbol id="i-out" viewBox="0 0 24 24"><path d="M14 4.5h4c.8 0 1.5.7 1.5 1.5v12c0 .8-.7 1.5-1.5 1.5h-4M4.5 12h10M11 8.5l3.5 3.5-3.5 3.5"/></symbol>
				<symbol id="i-overview" viewBox="0 0 24 24"><rect x="4" y="4" width="7" height="9" rx="1.5"/><rect x="13" y="4" width="7" height="5" rx="1.5"/><rect x="13" y="11" width="7" height="9" rx="1.5"/><rect x="4" y="15" width="7" height="5" rx="1.5"/></symbol>
				<symbol id="i-pause" viewBox="0 0 24 24"><path d="M9 6v12M15 6v12" stroke-width="2.5"/></symbol>
				<symbol id="i-play" viewBox="0 0 24 24"><path d="M8 5.5v13l10.5-6.5Z"/></symbol>
				<symbol id="i-question" viewBox="0 0 24 24"><circle cx="12" cy="12" r="8.5"/><path d="M9.7 9.6a2.4 2.4 0 1 1 3.4 2.2c-.7.3-1.1.8-1.1 1.6M12 16.3h.01"/></symbol>
				<symbol id="i-relay" viewBox="0 0 24 24"><circle cx="12" cy="12" r="2"/><path d="M7.8 16.2a6 6 0 0 1 0-8.4M16.2 7.8a6 6 0 0 1 0 8.4M5 19a10 10 0 0 1 0-14M19 5a10 10 0 0 1 0 14"/></symbol>
				<symbol id="i-settings" viewBox="0 0 24 24"><circle cx="12" cy="12" r="3"/><path d="M12 3.5v2.6M12 17.9v2.6M3.5 12h2.6M17.9 12h2.6M6 6l1.8 1.8M16.2 16.2 18 18M6 18l1.8-1.8M16.2 7.8 18 6"/></symbol>
				<symbol id="i-station" viewBox="0 0 24 24"><path d="M12 3 18 11.5 12 15.5 6 11.5Z"/><path d="M6 11.5 12 9l6 2.5"/><path d="M3 20c1.5 0 1.5-1.2 3-1.2S7.5 20 9 20s1.5-1.2 3-1.2S13.5 20 15 20s1.5-1.2 3-1.2S19.5 20 21 20"/></symbol>
				<symbol id="i-stop8" viewBox="0 0 24 24"><path d="M8.5 3.5h7l5 5v7l-5 5h-7l-5-5v-7Z"/><path d="m9.5 9.5 5 5M14.5 9.5l-5 5"/></symbol>
				<symbol id="i-stopped" viewBox="0 0 24 24"><circle cx="12" cy="12" r="8.5"/><rect x="9" y="9" width="6" height="6" rx=".7"/></symbol>
				<symbol id="i-sync" viewBox="0 0 24 24"><path d="M19.5 12a7.5 7.5 0 0 0-13-5.1L4.5 9M4.5 4.5V9H9M4.5 12a7.5 7.5 0 0 0 13 5.1l2-2.1M19.5 19.5V15H15"/></symbol>
				<symbol id="i-theme" viewBox="0 0 24 24"><circle cx="12" cy="12" r="8.5"/><path d="M12 3.5a8.5 8.5 0 0 1 0 17Z" fill="currentColor"/></symbol>
				<symbol id="i-trash" viewBox="0 0 24 24"><path d="M4.5 7h15M9.5 7V5.2c0-.7.5-1.2 1.2-1.2h2.6c.7 0 1.2.5 1.2 1.2V7M6.5 7l.8 11.6c.1.8.7 1.4 1.5 1.4h6.4c.8 0 1.4-.6 1.5-1.4L17.5 7M10 11v5M14 11v5"/></symbol>
				<symbol id="i-undo" viewBox="0 0 24 24"><path d="M9 14 4.5 9.5 9 5M4.5 9.5H14a5.5 5.5 0 0 1 0 11h-3"/></symbol>
				<symbol id="i-upgrades" viewBox="0 0 24 24"><circle cx="12" cy="12" r="8.5"/><path d="M12 16V8.5M8.8 11.5 12 8.3l3.2 3.2"/></symbol>
				<symbol id="i-user" viewBox="0 0 24 24"><circle cx="12" cy="8" r="3.7"/><path d="M4.8 20c.8-3.5 3.6-5.5 7.2-5.5s6.4 2 7.2 5.5"/></symbol>
				<symbol id="i-work" viewBox="0 0 24 24"><path d="M14.8 6.2a4 4 0 0 1 4.9 5l-1.9-1.9-2.3.4-.6-2.3ZM19.7 11.2a4 4 0 0 1-5.3 1.7l-6.2 6.3a2.05 2.05 0 0 1-2.9-2.9l6.2-6.3a4 4 0 0 1 3.3-3.8"/></symbol>
				<symbol id="i-x" viewBox="0 0 24 24"><path d="m6 6 12 12M18 6 6 18"/></symbol>
			</defs>
		</svg>
	);
}

export type IconName =
	| 'alert'
	| 'catch'
	| 'chain'
	| 'check'
	| 'check-c'
	| 'chevron'
	| 'clock'
	| 'copy'
	| 'diamond'
	| 'disk'
	| 'download'
	| 'eye'
	| 'history'
	| 'info'
	| 'keep'
	| 'key'
	| 'limits'
	| 'lock'
	| 'logs'
	| 'memory'
	| 'more'
	| 'node'
	| 'offline'
	| 'out'
	| 'overview'
	| 'pause'
	| 'play'
	| 'question'
	| 'relay'
	| 'settings'
	| 'station'
	| 'stop8'
	| 'stopped'
	| 'sync'
	| 'theme'
	| 'trash'
	| 'undo'
	| 'upgrades'
	| 'user'
	| 'work'
	| 'x';
