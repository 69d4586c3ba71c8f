export default function GraphCard() {
  return null;
}
