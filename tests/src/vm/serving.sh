# What scripts in a guest may use of programs that answer each line with one line, as phalanx-peer does.

# serve NAME COMMAND...: starts it, and waits until it has said its first line.
serve() {
    serve_name=$1
    shift
    busybox mkfifo "/tmp/$serve_name.in"
    "$@" <"/tmp/$serve_name.in" >"/tmp/$serve_name.out" 2>&1 &
    echo $! >"/tmp/$serve_name.pid"
    # Its input stays open between two who write.
    sleep 100000 >"/tmp/$serve_name.in" &
    echo $! >"/tmp/$serve_name.keeper"
    said "$serve_name" 1 >/dev/null
}

# said NAME COUNT: waits until it has said so many lines that are no notices, or has ended; the last one.
said() {
    for said_try in $(seq 1200); do
        [ "$(grep -c -v '^notice' "/tmp/$1.out")" -lt "$2" ] || break
        [ -d "/proc/$(pid "$1")" ] || break
        sleep 0.05
    done
    grep -v '^notice' "/tmp/$1.out" | tail -n 1
}

pid() { cat "/tmp/$1.pid"; }

# ask NAME WORD...: gives it a line, and says what it answers. Fails if that is no `ok`.
ask() {
    ask_name=$1
    shift
    ask_count=$(grep -c -v '^notice' "/tmp/$ask_name.out")
    echo "$*" >"/tmp/$ask_name.in"
    ask_answer=$(said "$ask_name" $((ask_count + 1)))
    echo "$ask_answer"
    case $ask_answer in ok*) ;; *) return 1 ;; esac
}

# dismiss NAME: ends its input, and waits for its end, which it ends with.
dismiss() {
    kill "$(cat "/tmp/$1.keeper")"
    wait "$(pid "$1")"
    dismiss_status=$?
    rm -f "/tmp/$1".*
    return $dismiss_status
}
