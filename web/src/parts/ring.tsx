/** How much is done, as an arc; an unknown part turns slowly beside the step's own clock. */
export function Ring({ part }: { part: number | null }) {
	const shown = part === null ? 25 : Math.max(2, Math.min(100, part * 100));
	return (
		<svg class={part === null ? 'ring turn' : 'ring'} viewBox="0 0 24 24" aria-hidden="true">
			<circle class="back" cx="12" cy="12" r="9.5" />
			<circle cx="12" cy="12" r="9.5" pathLength="100" stroke-dasharray={`${shown.toFixed(0)} 100`} stroke-linecap="round" />
		</svg>
	);
}
