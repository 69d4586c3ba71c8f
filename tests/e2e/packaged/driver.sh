# Runs inside the machine: does what an administrator does, and writes what came of it to /out/facts.
exec >/out/driver.log 2>&1
set -x

fact() { printf '%s=%s\n' "$1" "$2" >>/out/facts; }
property() { systemctl show -p "$1" --value stepwell; }
# until_true COMMAND...: waits up to 60 s.
until_true() {
    for _ in $(seq 600); do
        "$@" && return 0
        sleep 0.1
    done
    return 1
}
is_up_as_another() { [ "$(property MainPID)" != "$1" ] && [ "$(property MainPID)" != 0 ] && stepwell list >/dev/null; }
run_status() { stepwell show "$1" --output json | sed -n 's/.*"status": *"\([a-z_]*\)".*/\1/p' | head -1; }
has_ended() { case "$(run_status "$1")" in '' | running) return 1 ;; esac; }

fact active "$(systemctl is-active stepwell)"
fact enabled "$(systemctl is-enabled stepwell)"
fact user "$(ps -o user= -p "$(property MainPID)" 2>/dev/null || stat -c %U "/proc/$(property MainPID)")"
fact status "$(property StatusText)"
stepwell list; fact answers $?
fact data-mode "$(stat -c '%a %U' /var/lib/stepwell)"

before=$(property MainPID)
kill -9 "$before"
until_true is_up_as_another "$before" && fact restarted-after-kill yes

mkdir -p /run/systemd/system/stepwell.service.d
printf '[Service]\nWatchdogSec=2s\nTimeoutAbortSec=1s\n' >/run/systemd/system/stepwell.service.d/watchdog.conf
systemctl daemon-reload
systemctl restart stepwell
before=$(property MainPID)
kill -STOP "$before"
until_true is_up_as_another "$before" && fact restarted-by-watchdog yes
rm -r /run/systemd/system/stepwell.service.d
systemctl daemon-reload
systemctl restart stepwell

stepwell start nap --name over-the-upgrade --output json
dpkg -i /root/stepwell-2.deb
fact upgraded "$(dpkg-query -W -f='${Version}' stepwell)"
until_true stepwell list
until_true has_ended nap/over-the-upgrade
fact run-in-flight "$(run_status nap/over-the-upgrade)"

systemctl stop stepwell
fact clean-stop "$(property Result) $(property ExecMainStatus)"
systemctl start stepwell
journalctl -u stepwell --no-pager >/out/journal.log

dpkg -r stepwell
fact removed "$(systemctl is-active stepwell)"
[ -e /var/lib/stepwell/stepwell.db ] && [ -e /etc/stepwell/stepwell.yaml ] && fact data-kept yes
rm -f /etc/stepwell/workflows/nap.yaml
dpkg -P stepwell
left=$(find / -xdev -name '*stepwell*' -not -path '/root/*' -not -path '/proc/*' -not -path '/out/*' -not -path '/var/log/*' \
    -not -path '/run/*' -not -path '/var/lib/dpkg/*' -not -path '/sys/*' | tr '\n' ' ')
fact purged "${left:-nothing left}"
