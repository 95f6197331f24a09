/** Works without https too, where navigator.clipboard does not exist. */
export async function copyText(text: string): Promise<void> {
	if (navigator.clipboard) return navigator.clipboard.writeText(text);
	const area = document.createElement('textarea');
	area.value = text;
	area.readOnly = true;
	area.className = 'vh';
	(document.querySelector('dialog[open]') ?? document.body).append(area);
	area.select();
	document.execCommand('copy');
	area.remove();
}

/** Gives the reader a file that was made in the page. */
export function download(name: string, type: string, text: string): void {
	const url = URL.createObjectURL(new Blob([text], { type }));
	const a = document.createElement('a');
	a.href = url;
	a.download = name;
	a.click();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}
