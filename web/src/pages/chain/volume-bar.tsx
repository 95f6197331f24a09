import { bytes } from '../../format';
import { t } from '../../lang';

interface Props {
	total: number;
	free: number;
	chain: number;
	kept: number;
	trash: number;
}

/** The volume as one bar: what is whose. */
export function VolumeBar({ total, free, chain, kept, trash }: Props) {
	const other = Math.max(0, total - free - chain - kept - trash);
	let x = 0;
	const parts = (
		[
			['other', other],
			['chain', chain],
			['keep', kept],
			['trash', trash],
			['free', free],
		] as const
	).map(([name, size]) => {
		const part = { name, size, x: (x / total) * 100, width: (size / total) * 100 };
		x += size;
		return part;
	});
	return (
		<>
			<svg class="bar" role="img" aria-label={t('chain.bar', { other: bytes(other), chain: bytes(chain), kept: bytes(kept), trash: bytes(trash), free: bytes(free), total: bytes(total) })}>
				<defs>
					<pattern id="h-trash" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
						<path class="hatch-idle" d="M0 0V5" />
					</pattern>
				</defs>
				{parts
					.filter((p) => p.size > 0)
					.map((p) => (
						<rect key={p.name} class={`b-${p.name}`} fill={p.name === 'trash' ? 'url(#h-trash)' : undefined} x={`${p.x.toFixed(2)}%`} y=".5" width={`${Math.max(0.3, p.width - 0.3).toFixed(2)}%`} height="13" rx="2" />
					))}
			</svg>
			<ul class="keys bar-keys">
				{parts
					.filter((p) => p.size > 0)
					.map((p) => (
						<li key={p.name}>
							<svg aria-hidden="true">
								<rect class={`b-${p.name}`} fill={p.name === 'trash' ? 'url(#h-trash)' : undefined} x=".5" y=".5" width="13" height="11" rx="2" />
							</svg>
							{t(`chain.key_${p.name}`)} <b>{bytes(p.size)}</b>
						</li>
					))}
			</ul>
		</>
	);
}
