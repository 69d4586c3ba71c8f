#include "tests/sim/fault_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <utility>

#include "engine/base/assert.hpp"

namespace stepwell::test {

struct FaultDisk::File {
    std::string name;
    std::string now;               // as the running processes see it
    std::string synced;            // as it was when it was synced last
    std::vector<Change> unsynced;  // since then, in order
    bool is_there = true;
    bool was_synced = false;
    bool is_named = false;           // the folder was synced since: else a new file may vanish
    bool may_come_back = false;      // removed, but the folder was not synced
    int shared = 0;                  // connections that read
    const void* reserved = nullptr;  // who holds it
    const void* exclusive = nullptr;
    std::vector<std::unique_ptr<char[]>> shared_memory;
    int mapped = 0;  // connections that use the shared memory
    std::array<int, SQLITE_SHM_NLOCK> shm_shared{};
    std::array<const void*, SQLITE_SHM_NLOCK> shm_exclusive{};
};

namespace {

constexpr std::size_t kSector = 512;

std::vector<FaultDisk*>& disks() {
    static std::vector<FaultDisk*> all;
    return all;
}

sqlite3_vfs* real_vfs() {
    static sqlite3_vfs* const real = sqlite3_vfs_find("unix");
    return real;
}

void overwrite(std::string& text, std::size_t offset, std::string_view bytes) {
    if (text.size() < offset + bytes.size()) text.resize(offset + bytes.size(), '\0');
    text.replace(offset, bytes.size(), bytes);
}

}  // namespace

/// One open file of SQLite's; SQLite allocates it and knows only its first member.
struct FaultDisk::Vfs {
    sqlite3_file base;
    FaultDisk* disk;
    std::shared_ptr<File>* file;
    int lock;
    bool removes_on_close;
    bool syncs_folder;
    std::array<int, SQLITE_SHM_NLOCK>* shm_held;  // 0, 1 shared, 2 exclusive

    static Vfs& of(sqlite3_file* handle) { return *reinterpret_cast<Vfs*>(handle); }
    File& content() const { return **file; }

    static FaultDisk* disk_of(const char* name) {
        if (name == nullptr) return nullptr;
        for (FaultDisk* disk : disks()) {
            if (std::string_view(name).substr(0, disk->folder_.native().size()) ==
                disk->folder_.native()) {
                return disk;
            }
        }
        return nullptr;
    }

    static int close(sqlite3_file* handle) {
        Vfs& self = of(handle);
        unlock(handle, SQLITE_LOCK_NONE);
        if (self.removes_on_close) self.disk->files_.erase(self.content().name);
        delete self.file;
        delete self.shm_held;
        return SQLITE_OK;
    }

    static int read(sqlite3_file* handle, void* to, int count, sqlite3_int64 offset) {
        Vfs& self = of(handle);
        if (self.disk->is_dead_) return SQLITE_IOERR_READ;
        const std::string& text = self.content().now;
        const auto at = static_cast<std::size_t>(offset);
        const auto wanted = static_cast<std::size_t>(count);
        const std::size_t there = at < text.size() ? std::min(wanted, text.size() - at) : 0;
        std::memcpy(to, text.data() + std::min(at, text.size()), there);
        std::memset(static_cast<char*>(to) + there, 0, wanted - there);
        return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
    }

    static int write(sqlite3_file* handle, const void* from, int count, sqlite3_int64 offset) {
        Vfs& self = of(handle);
        std::string bytes(static_cast<const char*>(from), static_cast<std::size_t>(count));
        const auto fault = self.disk->fault_of(true, false);
        if (self.disk->is_dead_) return SQLITE_IOERR_WRITE;
        if (fault == DiskFault::torn) bytes.resize(bytes.size() / 2);
        if (!fault || fault == DiskFault::torn) {
            const auto at = static_cast<std::size_t>(offset);
            overwrite(self.content().now, at, bytes);
            self.content().unsynced.push_back({at, std::move(bytes), std::nullopt});
        }
        if (!fault) return SQLITE_OK;
        return fault == DiskFault::full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }

    static int truncate(sqlite3_file* handle, sqlite3_int64 size) {
        Vfs& self = of(handle);
        if (self.disk->is_dead_ || self.disk->fault_of(false, false)) return SQLITE_IOERR_TRUNCATE;
        self.content().now.resize(static_cast<std::size_t>(size), '\0');
        self.content().unsynced.push_back({0, "", static_cast<std::size_t>(size)});
        return SQLITE_OK;
    }

    static int sync(sqlite3_file* handle, int) {
        Vfs& self = of(handle);
        FaultDisk& disk = *self.disk;
        if (disk.is_dead_) return SQLITE_IOERR_FSYNC;
        const bool dies = ++disk.syncs_ == disk.die_at_;
        // What a failed sync has written is as unknown as after a power cut.
        if (dies && !disk.dies_after_) {
            disk.is_dead_ = true;
            return SQLITE_IOERR_FSYNC;
        }
        if (disk.fault_of(false, false)) return SQLITE_IOERR_FSYNC;
        File& file = self.content();
        file.synced = file.now;
        file.unsynced.clear();
        // As SQLite's own VFS: the first sync of a new journal or log syncs the folder, too.
        if (!std::exchange(file.was_synced, true) && self.syncs_folder) disk.sync_folder();
        if (dies) disk.is_dead_ = true;
        return dies ? SQLITE_IOERR_FSYNC : SQLITE_OK;
    }

    static int file_size(sqlite3_file* handle, sqlite3_int64* size) {
        *size = static_cast<sqlite3_int64>(of(handle).content().now.size());
        return of(handle).disk->is_dead_ ? SQLITE_IOERR_FSTAT : SQLITE_OK;
    }

    static int lock_file(sqlite3_file* handle, int level) {
        Vfs& self = of(handle);
        File& file = self.content();
        if (self.disk->is_dead_) return SQLITE_IOERR_LOCK;
        if (self.disk->fault_of(false, true)) return SQLITE_BUSY;
        if (level <= self.lock) return SQLITE_OK;
        const bool is_taken =
            (file.exclusive && file.exclusive != handle) ||
            (level >= SQLITE_LOCK_RESERVED && file.reserved && file.reserved != handle);
        if (is_taken) return SQLITE_BUSY;
        if (self.lock == SQLITE_LOCK_NONE) ++file.shared;
        if (level >= SQLITE_LOCK_RESERVED) file.reserved = handle;
        if (level == SQLITE_LOCK_EXCLUSIVE && file.shared > 1) return SQLITE_BUSY;
        if (level == SQLITE_LOCK_EXCLUSIVE) file.exclusive = handle;
        self.lock = level;
        return SQLITE_OK;
    }

    static int unlock(sqlite3_file* handle, int level) {
        Vfs& self = of(handle);
        File& file = self.content();
        if (level < SQLITE_LOCK_EXCLUSIVE && file.exclusive == handle) file.exclusive = nullptr;
        if (level < SQLITE_LOCK_RESERVED && file.reserved == handle) file.reserved = nullptr;
        if (level == SQLITE_LOCK_NONE && self.lock > SQLITE_LOCK_NONE) --file.shared;
        self.lock = std::min(self.lock, level);
        return SQLITE_OK;
    }

    static int check_reserved(sqlite3_file* handle, int* is_reserved) {
        *is_reserved = of(handle).content().reserved != nullptr;
        return SQLITE_OK;
    }

    static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
    static int sector_size(sqlite3_file*) { return 4'096; }
    static int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

    static int shm_map(sqlite3_file* handle, int region, int size, int extends,
                       void volatile** memory) {
        Vfs& self = of(handle);
        File& file = self.content();
        if (self.disk->is_dead_) return SQLITE_IOERR_SHMMAP;
        if (self.shm_held == nullptr) {
            self.shm_held = new std::array<int, SQLITE_SHM_NLOCK>{};
            ++file.mapped;
        }
        const auto index = static_cast<std::size_t>(region);
        while (extends != 0 && file.shared_memory.size() <= index) {
            file.shared_memory.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
        }
        *memory = index < file.shared_memory.size() ? file.shared_memory[index].get() : nullptr;
        return SQLITE_OK;
    }

    static int shm_lock(sqlite3_file* handle, int offset, int count, int flags) {
        Vfs& self = of(handle);
        File& file = self.content();
        const bool unlocks = (flags & SQLITE_SHM_UNLOCK) != 0;
        const bool is_shared = (flags & SQLITE_SHM_SHARED) != 0;
        if (!unlocks && self.disk->is_dead_) return SQLITE_IOERR_SHMLOCK;
        if (!unlocks && !is_shared && self.disk->fault_of(false, true)) return SQLITE_BUSY;
        const auto first = static_cast<std::size_t>(offset);
        const std::size_t last = first + static_cast<std::size_t>(count);
        for (std::size_t i = first; i < last && !unlocks; ++i) {
            const int others = file.shm_shared.at(i) - (self.shm_held->at(i) == 1 ? 1 : 0);
            const bool is_taken = file.shm_exclusive.at(i) && file.shm_exclusive.at(i) != handle;
            if (is_taken || (!is_shared && others > 0)) return SQLITE_BUSY;
        }
        for (std::size_t i = first; i < last; ++i) {
            self.set_shm(i, unlocks ? 0 : (is_shared ? 1 : 2));
        }
        return SQLITE_OK;
    }

    void set_shm(std::size_t slot, int held) {
        if (shm_held->at(slot) == held) return;
        if (shm_held->at(slot) == 1) --content().shm_shared.at(slot);
        if (shm_held->at(slot) == 2) content().shm_exclusive.at(slot) = nullptr;
        if (held == 1) ++content().shm_shared.at(slot);
        if (held == 2) content().shm_exclusive.at(slot) = &base;
        shm_held->at(slot) = held;
    }

    static void shm_barrier(sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); }

    static int shm_unmap(sqlite3_file* handle, int) {
        Vfs& self = of(handle);
        if (self.shm_held == nullptr) return SQLITE_OK;
        for (std::size_t i = 0; i < SQLITE_SHM_NLOCK; ++i) self.set_shm(i, 0);
        delete self.shm_held;
        self.shm_held = nullptr;
        if (--self.content().mapped == 0) self.content().shared_memory.clear();
        return SQLITE_OK;
    }

    static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* handle, int flags, int* out) {
        FaultDisk* disk = disk_of(name);
        if (disk == nullptr) return real_vfs()->xOpen(real_vfs(), name, handle, flags, out);
        (void)vfs;
        handle->pMethods = nullptr;
        if (disk->is_dead_) return SQLITE_CANTOPEN;
        auto found = disk->files_.find(name);
        const bool is_there = found != disk->files_.end() && found->second->is_there;
        if (!is_there && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
        if (!is_there) {
            auto made = std::make_shared<File>();
            made->name = name;
            found = disk->files_.insert_or_assign(name, std::move(made)).first;
        }
        Vfs& self = of(handle);
        self.disk = disk;
        self.file = new std::shared_ptr<File>(found->second);
        self.lock = SQLITE_LOCK_NONE;
        self.removes_on_close = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
        self.syncs_folder = (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0;
        self.shm_held = nullptr;
        handle->pMethods = &methods();
        if (out != nullptr) *out = flags;
        return SQLITE_OK;
    }

    static int remove(sqlite3_vfs*, const char* name, int syncs) {
        FaultDisk* disk = disk_of(name);
        if (disk == nullptr) return real_vfs()->xDelete(real_vfs(), name, syncs);
        if (disk->is_dead_ || disk->fault_of(false, false)) return SQLITE_IOERR_DELETE;
        const auto found = disk->files_.find(name);
        if (found == disk->files_.end() || !found->second->is_there) {
            return SQLITE_IOERR_DELETE_NOENT;
        }
        found->second->is_there = false;
        found->second->may_come_back = syncs == 0;
        return SQLITE_OK;
    }

    static int access(sqlite3_vfs*, const char* name, int flags, int* result) {
        FaultDisk* disk = disk_of(name);
        if (disk == nullptr) return real_vfs()->xAccess(real_vfs(), name, flags, result);
        const auto found = disk->files_.find(name);
        *result = found != disk->files_.end() && found->second->is_there &&
                  (flags != SQLITE_ACCESS_EXISTS || !found->second->now.empty());
        return SQLITE_OK;
    }

    static int full_name(sqlite3_vfs*, const char* name, int size, char* out) {
        if (disk_of(name) == nullptr) return real_vfs()->xFullPathname(real_vfs(), name, size, out);
        sqlite3_snprintf(size, out, "%s", name);
        return SQLITE_OK;
    }

    static const sqlite3_io_methods& methods() {
        static const sqlite3_io_methods all = {2,
                                               close,
                                               read,
                                               write,
                                               truncate,
                                               sync,
                                               file_size,
                                               lock_file,
                                               unlock,
                                               check_reserved,
                                               control,
                                               sector_size,
                                               characteristics,
                                               shm_map,
                                               shm_lock,
                                               shm_barrier,
                                               shm_unmap,
                                               nullptr,
                                               nullptr};
        return all;
    }

    /// Stands before the machine's VFS as the default one.
    static void install() {
        static sqlite3_vfs vfs = *real_vfs();
        static bool is_installed = false;
        if (std::exchange(is_installed, true)) return;
        vfs.zName = "fault";
        vfs.pNext = nullptr;
        vfs.szOsFile = std::max(vfs.szOsFile, static_cast<int>(sizeof(Vfs)));
        vfs.xOpen = open;
        vfs.xDelete = remove;
        vfs.xAccess = access;
        vfs.xFullPathname = full_name;
        SW_ASSERT(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK);
    }
};

FaultDisk::FaultDisk(std::filesystem::path folder, std::uint64_t seed)
    : folder_(std::move(folder)), random_(seed) {
    Vfs::install();
    disks().push_back(this);
}

FaultDisk::~FaultDisk() {
    disks().erase(std::find(disks().begin(), disks().end(), this));
}

void FaultDisk::fail_at(std::uint64_t call, DiskFault fault) {
    fail_at_ = calls_ + call;
    fault_ = fault;
    has_failed_ = false;
}

void FaultDisk::die_at(std::uint64_t sync, bool is_done) {
    die_at_ = syncs_ + sync;
    dies_after_ = is_done;
}

std::optional<DiskFault> FaultDisk::fault_of(bool takes_space, bool takes_lock) {
    const bool is_fit = (fault_ == DiskFault::busy) == takes_lock &&
                        (takes_space || (fault_ != DiskFault::full && fault_ != DiskFault::torn));
    ++calls_;
    // A call that cannot fail this way leaves it to the next one.
    if (fail_at_ == 0 || calls_ < fail_at_ || !is_fit) return std::nullopt;
    fail_at_ = 0;
    has_failed_ = true;
    return fault_;
}

void FaultDisk::sync_folder() {
    for (auto& [name, file] : files_) {
        file->is_named = true;
        file->may_come_back = false;
    }
}

void FaultDisk::end_process() {
    is_dead_ = false;
    die_at_ = fail_at_ = 0;
}

void FaultDisk::cut_power() {
    end_process();
    for (auto at = files_.begin(); at != files_.end();) {
        File& file = *at->second;
        SW_ASSERT(file.shared == 0 && file.mapped == 0);
        const bool is_lost = file.is_there ? (!file.is_named && random_.below(2) == 0)
                                           : !(file.may_come_back && random_.below(2) == 0);
        if (is_lost) {
            at = files_.erase(at);
            continue;
        }
        settle(file);
        ++at;
    }
}

/// Each unsynced change is there or not, in whatever order the disk had written them.
void FaultDisk::settle(File& file) {
    std::vector<Change> changes = std::move(file.unsynced);
    for (std::size_t i = changes.size(); i > 1; --i) {
        std::swap(changes[i - 1], changes[static_cast<std::size_t>(random_.below(i))]);
    }
    const std::uint64_t luck = random_.below(4);  // how much of it survives
    for (const Change& change : changes) {
        if (random_.below(4) < luck) survive(file, change);
    }
    file.now = file.synced;
    file.unsynced.clear();
    file.is_there = true;
    file.was_synced = file.is_named = true;
    file.may_come_back = false;
}

void FaultDisk::survive(File& file, const Change& change) {
    if (change.size) {
        file.synced.resize(*change.size, '\0');
        return;
    }
    std::string_view bytes = change.bytes;
    if (random_.below(3) == 0) {  // torn: up to some sector
        const std::size_t sectors = bytes.size() / kSector + 1;
        bytes = bytes.substr(0, kSector * static_cast<std::size_t>(random_.below(sectors)));
    }
    overwrite(file.synced, change.offset, bytes);
}

}  // namespace stepwell::test
